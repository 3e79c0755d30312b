// Schemes of social networks, and of providers of video.
import { echoText, hubChallenge, jsonAnswer, macOf, textIn } from '../handshakes.ts';
import type { Handshake, Scheme } from '../scheme.ts';
import { BODY_DIGEST, pairs, plain, row } from './row.ts';

/** Of WhatsApp's changes, messages and states of messages have ids. A message passes several states under one id. */
const META_VALUE = 'body.entry.0.changes.0.value';

/** Meta sends up to 1,000 changes in one request, and several products of Meta use one form. */
function meta(docs: string): Scheme {
  return row(plain('x-hub-signature-256', 'hex', 'sha256='), {
    batch: ['entry[].changes[].value.messages|statuses[]', 'entry[].messaging[]'],
    eventId: [
      `${META_VALUE}.messages.0.id`,
      { join: [`${META_VALUE}.statuses.0.id`, `${META_VALUE}.statuses.0.status`] },
      BODY_DIGEST,
    ],
    eventType: [{ join: ['body.object', 'body.entry.0.changes.0.field'] }, 'body.object'],
    answer: { status: 200 },
    handshake: { methods: ['GET'], answer: hubChallenge, needsToken: true },
    docs,
  });
}

/**
 * X signs the text of a question as it signs bodies, and anybody may ask. So no text that we sign for a question may be
 * taken for a body.
 */
const X_TOKEN = /^[A-Za-z0-9_+/=-]{1,512}$/;

const xHandshake: Handshake = (request) => {
  const token = request.query.get('crc_token');
  const mac = token !== null && X_TOKEN.test(token) ? macOf(request, token, 'base64') : undefined;
  return mac === undefined ? undefined : jsonAnswer({ response_token: `sha256=${mac}` });
};

function isXToken(body: Uint8Array): boolean {
  return body.length <= 512 && X_TOKEN.test(Buffer.from(body).toString('latin1'));
}

/** A random UUID. Bodies are signed behind `hmacsha256=`, so that no answer is the signature of one. */
const LINKEDIN_CODE = /^[0-9a-fA-F-]{36}$/;

const linkedinHandshake: Handshake = (request) => {
  const challengeCode = request.query.get('challengeCode');
  if (challengeCode === null || !LINKEDIN_CODE.test(challengeCode)) return undefined;
  const challengeResponse = macOf(request, challengeCode, 'hex');
  return challengeResponse === undefined ? undefined : jsonAnswer({ challengeCode, challengeResponse });
};

const twitchChallenge: Handshake = ({ header, json }) =>
  header('twitch-eventsub-message-type') === 'webhook_callback_verification'
    ? echoText(textIn(json, 'challenge'))
    : undefined;

export const MEDIA_SCHEMES = {
  meta: meta('https://developers.facebook.com/docs/graph-api/webhooks/getting-started'),
  whatsapp: meta('https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks/'),
  x: row(
    {
      ...plain('x-twitter-webhooks-signature', 'base64', 'sha256='),
      content: ({ body }) => (isXToken(body) ? undefined : [body]),
    },
    {
      eventId: [BODY_DIGEST],
      eventType: [],
      answer: { status: 200 },
      handshake: { methods: ['GET'], answer: xHandshake },
      docs: 'https://docs.x.com/x-api/webhooks/introduction',
    },
  ),
  tiktok: row(pairs({ header: 'tiktok-signature', signature: 's', unit: 's' }), {
    eventId: [BODY_DIGEST],
    eventType: ['body.event'],
    docs: 'https://developers.tiktok.com/doc/webhooks-verification',
  }),
  linkedin: row(
    { ...plain('x-li-signature', 'hex'), signed: 'hmacsha256={body}' },
    {
      batch: 'notifications',
      eventId: ['body.notifications.0.notificationId', BODY_DIGEST],
      eventType: ['body.notifications.0.action', 'body.type'],
      handshake: { methods: ['GET'], answer: linkedinHandshake },
      docs: 'https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation',
    },
  ),
  twitch: row(
    {
      ...plain('twitch-eventsub-message-signature', 'hex', 'sha256='),
      signed: '{id}{timestamp}{body}',
      id: 'twitch-eventsub-message-id',
      time: { header: 'twitch-eventsub-message-timestamp', unit: 'iso', toleranceSeconds: 600 },
    },
    {
      eventId: ['header.twitch-eventsub-message-id'],
      eventType: ['header.twitch-eventsub-subscription-type'],
      challenge: twitchChallenge,
      docs: 'https://dev.twitch.tv/docs/eventsub/handling-webhook-events/',
    },
  ),
  mux: row(pairs({ header: 'mux-signature', unit: 's', toleranceSeconds: 300 }), {
    eventId: ['body.id'],
    eventType: ['body.type'],
    docs: 'https://www.mux.com/docs/core/verify-webhook-signatures',
  }),
} satisfies Record<string, Scheme>;
