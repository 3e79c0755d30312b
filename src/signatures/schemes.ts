// The table of signature schemes: one row per provider, as data over the verifier in verify.ts.
import { standardKey, textKey } from './keys.ts';
import type { Message, Scheme, SchemeHeaders, SignatureEncoding } from './scheme.ts';
import { keyValueList, prefixed, versionedList } from './signature-headers.ts';

export interface HmacOptions {
  /** The header with the signature; `X-Webhook-Signature` unless given. */
  header?: string;
  /** What stands before the signature in its header, such as `sha256=`; nothing unless given. */
  prefix?: string;
  /** `hex` (lower-case) unless given. */
  encoding?: SignatureEncoding;
  /** A header with Unix seconds, which is not signed. If given, each request must have it, within the tolerance. */
  timestampHeader?: string;
}

/** Seconds. Stripe's and Standard Webhooks' libraries both allow five minutes, for clock skew and slow networks. */
const FIVE_MINUTES = 300;

const WEBHOOK: SchemeHeaders = {
  signature: 'webhook-signature',
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
};
const SVIX: SchemeHeaders = { signature: 'svix-signature', id: 'svix-id', timestamp: 'svix-timestamp' };

function hmac({ header, prefix, encoding, timestampHeader }: HmacOptions): Scheme {
  const signature = (header ?? 'X-Webhook-Signature').toLowerCase();
  return {
    headers: [timestampHeader ? { signature, timestamp: timestampHeader.toLowerCase() } : { signature }],
    ...prefixed(prefix ?? ''),
    encoding: encoding ?? 'hex',
    decodeKey: textKey,
    content: ({ body }) => [body],
    timestamp: timestampHeader ? { unit: 's', toleranceSeconds: FIVE_MINUTES } : undefined,
    eventId: ['body.event_id', 'body.id', 'body.transaction_id', 'body.webhook_id'],
    eventType: ['body.type', 'body.event_type'],
  };
}

/** https://www.standardwebhooks.com and https://docs.svix.com/receiving/verifying-payloads/how-manual */
function standard(first: SchemeHeaders, second: SchemeHeaders): Scheme {
  return {
    // `eventId` below has the same order, so that the id that is used is the id that was signed.
    headers: [first, second],
    ...versionedList,
    encoding: 'base64',
    decodeKey: standardKey,
    content: standardContent,
    timestamp: { unit: 's', toleranceSeconds: FIVE_MINUTES },
    eventId: [`header.${first.id}`, `header.${second.id}`],
    eventType: ['body.type'],
  };
}

/** Visible ASCII without a dot: a dot in the id would move the border between id, time and body. */
const STANDARD_ID = /^[!-\-/-~]+$/;

function standardContent({ id, timestamp, body }: Message) {
  return STANDARD_ID.test(id) ? [`${id}.${timestamp}.`, body] : undefined;
}

const SCHEMES = {
  hmac: hmac({}),
  standard: standard(WEBHOOK, SVIX),
  svix: standard(SVIX, WEBHOOK),

  /** https://docs.stripe.com/webhooks/signature */
  stripe: {
    headers: [{ signature: 'stripe-signature' }],
    ...keyValueList({ separator: ',', timestamp: 't', signature: 'v1' }),
    encoding: 'hex',
    decodeKey: textKey,
    content: ({ timestamp, body }) => [`${timestamp}.`, body],
    timestamp: { unit: 's', toleranceSeconds: FIVE_MINUTES },
    eventId: ['body.id'],
    eventType: ['body.type'],
  },

  /** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
  github: {
    headers: [{ signature: 'x-hub-signature-256' }],
    ...prefixed('sha256='),
    encoding: 'hex',
    decodeKey: textKey,
    content: ({ body }) => [body],
    eventId: ['header.x-github-delivery'],
    eventType: ['header.x-github-event'],
  },
} as const satisfies Record<string, Scheme>;

/** The name of a signature scheme, as a source's `verify.scheme` gives it. */
export type SchemeName = keyof typeof SCHEMES;

/** Every scheme, in the order of the reference page. */
export const SCHEME_NAMES: readonly SchemeName[] = Object.keys(SCHEMES) as SchemeName[];

/** The row of the table; for `hmac`, the row that the options describe. @throws TypeError for an unknown scheme */
export function findScheme(name: SchemeName, options: HmacOptions = {}): Scheme {
  if (!Object.hasOwn(SCHEMES, name)) {
    throw new TypeError(
      `There is no signature scheme '${name}'. The schemes are ${SCHEME_NAMES.join(', ')}; use 'hmac' with its header, prefix and encoding options for a provider that is not listed.`,
    );
  }
  return name === 'hmac' ? hmac(options) : SCHEMES[name];
}

/**
 * Returns which of these places of an event's id the scheme does not sign: whoever has a request and its signature could
 * send it again under another id. The body is signed always; a header only if it is the scheme's own id, where the
 * scheme looks for it.
 *
 * @param eventId `header.<name>` or `body.<path>`, in the order of the search
 * @throws TypeError for an unknown scheme
 */
export function unsignedPlaces(name: SchemeName, eventId: readonly string[]): string[] {
  const { headers } = findScheme(name);
  return eventId.filter((place, i) => {
    const own = headers[i]?.id;
    return !place.startsWith('body.') && (own === undefined || place.toLowerCase() !== `header.${own}`);
  });
}

/**
 * Returns what a source of this scheme uses unless its config says otherwise.
 *
 * @param options for `hmac`: the header configured in place of `X-Webhook-Signature`
 * @returns the places of the event's id and type (`header.<name>` or `body.<path>`, in the order of the search), and
 *   the lower-case names of headers not to be stored: whoever reads such a header and the body could send both again
 * @throws TypeError for an unknown scheme
 */
export function schemeDefaults(
  name: SchemeName,
  options: HmacOptions = {},
): { eventId: string[]; eventType: string[]; credentialHeaders: string[] } {
  const scheme = findScheme(name, options);
  return {
    eventId: [...scheme.eventId],
    eventType: [...scheme.eventType],
    credentialHeaders: scheme.headers.map(({ signature }) => signature),
  };
}
