// Schemes of providers of chat, calls, mail and support.
import { echoOf, echoText, jsonAnswer, macOf, textIn } from '../handshakes.ts';
import type { Handshake, Scheme, SchemeAnswer } from '../scheme.ts';
import { prefixed } from '../signature-headers.ts';
import type { SignedRow } from '../signed.ts';
import { BODY_DIGEST, pairs, plain, row } from './row.ts';

/** `v0:<time>:<body>`, as Slack has it. */
function slackWay(header: string, timeHeader: string): SignedRow {
  return {
    header,
    syntax: prefixed('v0='),
    encoding: 'hex',
    signed: 'v0:{timestamp}:{body}',
    time: { header: timeHeader, unit: 's', toleranceSeconds: 300 },
  };
}

const slackChallenge: Handshake = ({ json }) =>
  textIn(json, 'type') === 'url_verification' ? echoText(textIn(json, 'challenge')) : undefined;

/** Zoom asks every 72 hours. */
const zoomChallenge: Handshake = (request) => {
  const { json } = request;
  if (textIn(json, 'event') !== 'endpoint.url_validation') return undefined;
  const plainToken = textIn((json as { payload?: unknown }).payload, 'plainToken');
  const encryptedToken = plainToken === undefined ? undefined : macOf(request, plainToken, 'hex');
  return encryptedToken === undefined ? undefined : jsonAnswer({ plainToken, encryptedToken });
};

const PLAIN_200: SchemeAnswer = { status: 200 };

export const MESSAGING_SCHEMES = {
  // Slash commands and buttons come as forms.
  slack: row(slackWay('x-slack-signature', 'x-slack-request-timestamp'), {
    eventId: ['body.event_id', 'body.trigger_id', BODY_DIGEST],
    eventType: ['body.event.type', 'body.type', 'body.command'],
    challenge: slackChallenge,
    docs: 'https://docs.slack.dev/authentication/verifying-requests-from-slack/',
  }),
  zoom: row(slackWay('x-zm-signature', 'x-zm-request-timestamp'), {
    eventId: [BODY_DIGEST],
    eventType: ['body.event'],
    answer: PLAIN_200,
    challenge: zoomChallenge,
    docs: 'https://developers.zoom.us/docs/api/webhooks/',
  }),
  intercom: row(
    { ...plain('x-hub-signature', 'hex', 'sha1='), hash: 'sha1' },
    {
      eventId: ['body.id'],
      eventType: ['body.topic'],
      docs: 'https://developers.intercom.com/docs/references/webhooks/webhook-models',
    },
  ),
  line: row(plain('x-line-signature', 'base64'), {
    batch: 'events',
    eventId: ['body.events.0.webhookEventId'],
    eventType: ['body.events.0.type'],
    docs: 'https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/',
  }),
  'stream-chat': row(plain('x-signature', 'hex'), {
    eventId: [BODY_DIGEST],
    eventType: ['body.type'],
    docs: 'https://getstream.io/chat/docs/node/webhooks_overview/',
  }),
  pusher: row(plain('x-pusher-signature', 'hex'), {
    batch: 'events',
    eventId: [BODY_DIGEST],
    eventType: ['body.events.0.name'],
    docs: 'https://pusher.com/docs/channels/server_api/webhooks/',
  }),
  zendesk: row(
    {
      ...plain('x-zendesk-webhook-signature', 'base64'),
      signed: '{timestamp}{body}',
      time: { header: 'x-zendesk-webhook-signature-timestamp', unit: 'iso' },
    },
    {
      eventId: ['body.id'],
      eventType: ['body.type'],
      docs: 'https://developer.zendesk.com/documentation/webhooks/verifying/',
    },
  ),
  front: row(
    {
      ...plain('x-front-signature', 'base64'),
      signed: '{timestamp}:{body}',
      time: { header: 'x-front-request-timestamp', unit: 'ms', toleranceSeconds: 300 },
    },
    {
      eventId: [BODY_DIGEST],
      eventType: ['body.type'],
      challenge: ({ header }) => echoText(header('x-front-challenge')),
      docs: 'https://dev.frontapp.com/docs/application-webhooks',
    },
  ),
  // Over the bytes as they come: of a compressed body, the compressed ones.
  nylas: row(plain('x-nylas-signature', 'hex'), {
    eventId: ['body.id'],
    eventType: ['body.type'],
    answer: PLAIN_200,
    handshake: echoOf('challenge'),
    docs: 'https://developer.nylas.com/docs/v3/notifications/',
  }),
  retell: row(
    pairs({
      header: 'x-retell-signature',
      timestamp: 'v',
      signature: 'd',
      signed: '{body}{timestamp}',
      unit: 'ms',
      toleranceSeconds: 300,
    }),
    {
      eventId: [{ join: ['body.event', 'body.call.call_id'] }],
      eventType: ['body.event'],
      docs: 'https://docs.retellai.com/features/secure-webhook',
    },
  ),
  elevenlabs: row(
    pairs({ header: 'elevenlabs-signature', signature: 'v0', unit: 's', toleranceSeconds: 1_800 }),
    {
      eventId: [BODY_DIGEST],
      eventType: ['body.type'],
      docs: 'https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks',
    },
  ),
} satisfies Record<string, Scheme>;
