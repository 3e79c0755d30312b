// Schemes of providers that sign as Standard Webhooks or Svix do, with differences in keys, types and answers.
import { standardKey, textKey } from '../keys.ts';
import type { Scheme } from '../scheme.ts';
import { standard } from './generic.ts';
import { BODY_DIGEST } from './row.ts';

/** For providers that send Svix's headers. Some have changed to the others without notice, so both are taken. */
function svix(own: Partial<Scheme>): Scheme {
  return standard(['svix', 'webhook'], own);
}

function webhook(own: Partial<Scheme>): Scheme {
  return standard(['webhook', 'svix'], own);
}

export const STANDARD_WEBHOOKS_SCHEMES = {
  openai: webhook({ docs: 'https://platform.openai.com/docs/guides/webhooks' }),
  // `type` is always `event`.
  anthropic: webhook({
    eventType: ['body.data.type', 'body.type'],
    docs: 'https://platform.claude.com/docs/en/managed-agents/webhooks',
  }),
  replicate: webhook({
    eventType: ['body.status'],
    docs: 'https://replicate.com/docs/topics/webhooks/verify-webhook',
  }),
  gemini: webhook({ docs: 'https://ai.google.dev/gemini-api/docs/webhooks' }),
  render: webhook({ docs: 'https://render.com/docs/webhooks' }),
  loops: webhook({
    eventType: ['body.eventName', 'body.type'],
    docs: 'https://loops.so/docs/webhooks',
  }),
  lithic: webhook({
    eventType: ['body.event_type', 'body.type'],
    docs: 'https://docs.lithic.com/docs/events-api',
  }),
  'recall-ai': webhook({
    eventType: ['body.event', 'body.type'],
    docs: 'https://docs.recall.ai/docs/authenticating-requests-from-recallai',
  }),
  shipbob: webhook({
    eventType: ['header.x-webhook-topic', 'body.type'],
    docs: 'https://developer.shipbob.com/webhooks',
  }),
  clerk: svix({ docs: 'https://clerk.com/docs/guides/development/webhooks/overview' }),
  resend: svix({ docs: 'https://resend.com/docs/dashboard/webhooks/introduction' }),
  brex: svix({
    eventType: ['body.event_type', 'body.type'],
    docs: 'https://developer.brex.com/docs/webhooks/',
  }),
  // All of the text is the key, and of newer secrets what `whsec_` encodes; Polar's SDK takes both.
  polar: webhook({
    key: textKey,
    otherKey: (secret) => (secret.startsWith('whsec_') ? standardKey(secret) : 'the secret has one form'),
    docs: 'https://polar.sh/docs/integrate/webhooks/delivery',
  }),
  // Retries have an id of their own; the body has the time and hash of the event.
  bigcommerce: webhook({
    key: textKey,
    eventId: [BODY_DIGEST],
    eventType: ['body.scope'],
    answer: { status: 200 },
    docs: 'https://developer.bigcommerce.com/docs/integrations/webhooks',
  }),
} satisfies Record<string, Scheme>;
