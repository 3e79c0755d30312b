// Schemes of tools of offices: documents, calendars, tables, tasks, customers, applicants.
import { EMPTY_200, echoOf, echoText, textIn } from '../handshakes.ts';
import { base64Key, hexKey } from '../keys.ts';
import type { Handshake, Place, Scheme } from '../scheme.ts';
import { BODY_DIGEST, pairs, plain, row } from './row.ts';

/** Each of up to 100 keys of an account makes a header of its own. */
const DOCUSIGN_HEADERS = Array.from({ length: 100 }, (_, i) => `x-docusign-signature-${i + 1}`);
const DIGEST_ID: readonly Place[] = [BODY_DIGEST];

/** Asana's first POST has the secret of the webhook in a header, and nothing is signed with it yet. */
const asanaHandshake: Handshake = ({ header }) => {
  const secret = header('x-hook-secret');
  if (header('x-hook-signature') !== undefined || secret === undefined) return undefined;
  return echoText(secret) && { ...EMPTY_200, headers: { 'x-hook-secret': secret } };
};

/** Notion's first POST brings the token that the owner confirms in Notion, and with which Notion signs from then on. */
const notionHandshake: Handshake = ({ header, json }) =>
  header('x-notion-signature') === undefined && textIn(json, 'verification_token') !== undefined
    ? EMPTY_200
    : undefined;

export const BUSINESS_SCHEMES = {
  calendly: row(pairs({ header: 'calendly-webhook-signature', unit: 's', toleranceSeconds: 180 }), {
    eventId: DIGEST_ID,
    eventType: ['body.event'],
    docs: 'https://developer.calendly.com/api-docs/4c305798a61d3-webhook-signatures',
  }),
  'cal-com': row(plain('x-cal-signature-256', 'hex'), {
    eventId: DIGEST_ID,
    eventType: ['body.triggerEvent'],
    docs: 'https://cal.com/docs/developing/guides/automation/webhooks',
  }),
  docusign: row(
    { ...plain(DOCUSIGN_HEADERS, 'base64'), signaturesMax: DOCUSIGN_HEADERS.length },
    {
      eventId: DIGEST_ID,
      eventType: ['body.event'],
      docs: 'https://developers.docusign.com/platform/webhooks/connect/validate/',
    },
  ),
  // A signature by each of two keys, of which either may be the one that is known here.
  box: row(
    {
      ...plain(['box-signature-primary', 'box-signature-secondary'], 'base64'),
      signed: '{body}{timestamp}',
      time: { header: 'box-delivery-timestamp', unit: 'iso', toleranceSeconds: 600 },
    },
    {
      eventId: ['body.id'],
      eventType: ['body.trigger'],
      docs: 'https://developer.box.com/guides/webhooks/v2/signatures-v2/',
    },
  ),
  // The body is a list of accounts in which something has changed.
  // The body names accounts that have changed, and is the same for the next change: no part of it is an id.
  dropbox: row(plain('x-dropbox-signature', 'hex'), {
    eventId: ['unique'],
    eventType: [],
    handshake: echoOf('challenge'),
    docs: 'https://www.dropbox.com/developers/reference/webhooks',
  }),
  notion: row(plain('x-notion-signature', 'hex', 'sha256='), {
    eventId: ['body.id'],
    eventType: ['body.type'],
    handshake: { methods: ['POST'], answer: notionHandshake },
    docs: 'https://developers.notion.com/reference/webhooks',
  }),
  // An empty list of events is Asana's heartbeat.
  asana: row(plain('x-hook-signature', 'hex'), {
    batch: 'events',
    eventId: DIGEST_ID,
    eventType: [{ join: ['body.events.0.resource.resource_type', 'body.events.0.action'] }],
    handshake: { methods: ['POST'], answer: asanaHandshake },
    docs: 'https://developers.asana.com/docs/webhooks-guide',
  }),
  trello: row(
    { ...plain('x-trello-webhook', 'base64'), hash: 'sha1', signed: '{body}{url}' },
    {
      eventId: ['body.action.id'],
      eventType: ['body.action.type'],
      handshake: { methods: ['HEAD'], answer: () => EMPTY_200 },
      docs: 'https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/',
    },
  ),
  // A ping: what has changed is fetched from Airtable. It refuses an answer with a body.
  airtable: row(plain('x-airtable-content-mac', 'hex', 'hmac-sha256='), {
    key: base64Key,
    eventId: DIGEST_ID,
    eventType: [],
    answer: { status: 204, body: '' },
    docs: 'https://airtable.com/developers/web/api/webhooks-overview',
  }),
  attio: row(plain('attio-signature', 'hex'), {
    batch: 'events',
    eventId: DIGEST_ID,
    eventType: ['body.events.0.event_type'],
    docs: 'https://docs.attio.com/rest-api/guides/webhooks',
  }),
  fireflies: row(plain('x-hub-signature', 'hex', 'sha256='), {
    eventId: DIGEST_ID,
    eventType: ['body.event', 'body.eventType'],
    docs: 'https://docs.fireflies.ai/graphql-api/webhooks',
  }),
  ashby: row(plain('ashby-signature', 'hex', 'sha256='), {
    eventId: DIGEST_ID,
    eventType: ['body.action'],
    docs: 'https://developers.ashbyhq.com/docs/authenticating-webhooks',
  }),
  // While a secret is replaced, two lists stand side by side, each with its time.
  persona: row(pairs({ header: 'persona-signature', listSeparator: ' ', unit: 's' }), {
    eventId: ['body.data.id'],
    eventType: ['body.data.attributes.name'],
    docs: 'https://docs.withpersona.com/webhooks-best-practices',
  }),
  close: row(
    {
      ...plain('close-sig-hash', 'hex'),
      signed: '{timestamp}{body}',
      time: { header: 'close-sig-timestamp', unit: 's' },
    },
    {
      key: hexKey,
      eventId: ['body.event.id'],
      eventType: [{ join: ['body.event.object_type', 'body.event.action'] }],
      docs: 'https://developer.close.com/topics/webhooks/',
    },
  ),
} satisfies Record<string, Scheme>;
