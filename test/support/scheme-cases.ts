// For every signature scheme that can sign: which headers it sets, how far its time may be off, and what a test needs.
import { findScheme, SCHEME_NAMES, type SchemeName, signRequest } from '../../src/signatures/index.ts';

export const NOW = 1_700_000_000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_b3RoZXIgc2VjcmV0IG9mIDI0IGJ5dGVz';
const URL = 'https://hooks.example/webhooks/source?a=1';

export interface SchemeCase {
  scheme: SchemeName;
  secret: string;
  /** Another secret that is usable for the scheme. */
  other: string;
  /** What signing and verifying need besides. */
  more: { url?: string };
  /** Makes a body that the scheme takes out of any bytes. */
  bodyOf: (bytes: Uint8Array) => Buffer;
  /** The headers that are signed or sign. */
  headers: readonly string[];
  /** Undefined: nothing of the request says when it was sent. */
  toleranceSeconds: number | undefined;
  /** `all`: the signature covers the whole body. */
  signs: 'all' | 'fields' | 'nothing';
}

/** The headers that Surehook sets when it signs, with the tolerance where a time is checked. A new scheme gets its line. */
const STANDARD = 'webhook-signature webhook-id webhook-timestamp 300';
const SVIX = 'svix-signature svix-id svix-timestamp 300';
export const PINNED: Readonly<Record<string, string>> = {
  hmac: 'x-webhook-signature',
  standard: STANDARD,
  svix: SVIX,
  openai: STANDARD,
  anthropic: STANDARD,
  replicate: STANDARD,
  gemini: STANDARD,
  render: STANDARD,
  loops: STANDARD,
  lithic: STANDARD,
  'recall-ai': STANDARD,
  shipbob: STANDARD,
  polar: STANDARD,
  bigcommerce: STANDARD,
  clerk: SVIX,
  resend: SVIX,
  brex: SVIX,
  stripe: 'stripe-signature 300',
  paddle: 'paddle-signature 5',
  square: 'x-square-hmacsha256-signature',
  razorpay: 'x-razorpay-signature',
  gocardless: 'webhook-signature',
  'coinbase-commerce': 'x-cc-webhook-signature',
  'coinbase-cdp': 'x-hook0-signature x-event-id 300',
  checkout: 'cko-signature',
  mollie: 'x-mollie-signature',
  revolut: 'revolut-signature revolut-request-timestamp 300',
  paystack: 'x-paystack-signature',
  airwallex: 'x-signature x-timestamp 300',
  github: 'x-hub-signature-256',
  gitea: 'x-gitea-signature',
  forgejo: 'x-forgejo-signature',
  bitbucket: 'x-hub-signature',
  jira: 'x-hub-signature',
  linear: 'linear-signature 60',
  pagerduty: 'x-pagerduty-signature',
  workos: 'workos-signature 180',
  sentry: 'sentry-hook-signature',
  vercel: 'x-vercel-signature',
  circleci: 'circleci-signature',
  buildkite: 'x-buildkite-signature 300',
  heroku: 'heroku-webhook-hmac-sha256',
  webflow: 'x-webflow-signature x-webflow-timestamp 300',
  sanity: 'sanity-webhook-signature 300',
  alchemy: 'x-alchemy-signature',
  hookdeck: 'x-hookdeck-signature',
  cursor: 'x-webhook-signature',
  knock: 'x-knock-signature 300',
  shopify: 'x-shopify-hmac-sha256',
  woocommerce: 'x-wc-webhook-signature',
  'lemon-squeezy': 'x-signature',
  fastspring: 'x-fs-signature',
  easypost: 'x-hmac-signature',
  klaviyo: 'klaviyo-signature klaviyo-timestamp 300',
  'customer-io': 'x-cio-signature x-cio-timestamp 300',
  cloudinary: 'x-cld-signature x-cld-timestamp 7200',
  xero: 'x-xero-signature',
  quickbooks: 'intuit-signature',
  tally: 'tally-signature',
  typeform: 'typeform-signature',
  slack: 'x-slack-signature x-slack-request-timestamp 300',
  zoom: 'x-zm-signature x-zm-request-timestamp 300',
  intercom: 'x-hub-signature',
  line: 'x-line-signature',
  'stream-chat': 'x-signature',
  pusher: 'x-pusher-signature',
  zendesk: 'x-zendesk-webhook-signature x-zendesk-webhook-signature-timestamp 300',
  front: 'x-front-signature x-front-request-timestamp 300',
  nylas: 'x-nylas-signature',
  retell: 'x-retell-signature 300',
  elevenlabs: 'elevenlabs-signature 1800',
  calendly: 'calendly-webhook-signature 180',
  'cal-com': 'x-cal-signature-256',
  docusign: 'x-docusign-signature-1',
  box: 'box-signature-primary box-delivery-timestamp 600',
  dropbox: 'x-dropbox-signature',
  notion: 'x-notion-signature',
  asana: 'x-hook-signature',
  trello: 'x-trello-webhook',
  airtable: 'x-airtable-content-mac',
  attio: 'attio-signature',
  fireflies: 'x-hub-signature',
  ashby: 'ashby-signature',
  persona: 'persona-signature 300',
  close: 'close-sig-hash close-sig-timestamp 300',
  meta: 'x-hub-signature-256',
  whatsapp: 'x-hub-signature-256',
  x: 'x-twitter-webhooks-signature',
  tiktok: 'tiktok-signature 300',
  linkedin: 'x-li-signature',
  twitch:
    'twitch-eventsub-message-signature twitch-eventsub-message-id twitch-eventsub-message-timestamp 600',
  mux: 'mux-signature 300',
};

const around = (before: string, after: string) => (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
const asJson = around('{"x":"', '"}');
const BASE64 = { secret: 'c2VjcmV0IG9mIDI0IGJ5dGVzLi4u', other: 'b3RoZXIgc2VjcmV0IG9mIDI0IGJ5' };
const HEX = { secret: '00112233445566778899aabbccddeeff', other: 'ffeeddccbbaa99887766554433221100' };

/** What some schemes need that others do not. */
const SPECIAL: Readonly<Record<string, Partial<SchemeCase>>> = {
  airtable: BASE64,
  close: HEX,
  square: { more: { url: URL } },
  trello: { more: { url: URL } },
  linear: { bodyOf: around(`{"webhookTimestamp":${NOW * 1000},"x":"`, '"}') },
  'coinbase-cdp': { bodyOf: asJson },
  x: { bodyOf: asJson },
};

/** Every scheme that signs with an HMAC in a header. The others are in `other-schemes`. */
export const SCHEME_CASES: readonly SchemeCase[] = SCHEME_NAMES.flatMap((scheme) => {
  if (!Object.hasOwn(PINNED, scheme)) return [];
  const way = findScheme(scheme).ways.find(({ sign }) => sign !== undefined);
  if (way === undefined) return [];
  const pinned = (PINNED[scheme] ?? '').split(' ').filter((word) => word !== '');
  const tolerance = /^\d+$/.test(pinned.at(-1) ?? '') ? Number(pinned.pop()) : undefined;
  return [
    {
      scheme,
      secret: SECRET,
      other: OTHER,
      more: {},
      bodyOf: (bytes) => Buffer.from(bytes),
      headers: pinned,
      toleranceSeconds: tolerance,
      signs: way.signs ?? 'all',
      ...SPECIAL[scheme],
    },
  ];
});

/** Signs a body, and leaves out the headers that are not signed. */
export function signedHeaders(
  { scheme, secret, more, headers }: SchemeCase,
  rawBody: Uint8Array,
  given: { secret?: string; now?: number } = {},
): Record<string, string> {
  const all = signRequest({ scheme, secret, rawBody, eventId: 'msg_1', now: NOW, ...more, ...given });
  return Object.fromEntries(Object.entries(all).filter(([name]) => headers.includes(name)));
}
