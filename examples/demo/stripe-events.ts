// A handful of Stripe events, as Stripe would send them.
import { randomBytes } from 'node:crypto';
import Stripe from 'stripe';
import type { DemoEvent } from './demo-event.ts';
import { STRIPE_OBJECTS } from './stripe-objects.ts';

export function stripeEvents(secret: string): DemoEvent[] {
  return Object.entries(STRIPE_OBJECTS).map(([type, object]) => toEvent(type, object, secret));
}

function toEvent(type: string, object: object, secret: string): DemoEvent {
  const id = `evt_1${randomBytes(12).toString('hex')}`;
  const event = {
    id,
    object: 'event',
    api_version: '2025-10-29.clover',
    created: Math.floor(Date.now() / 1_000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: `req_${randomBytes(7).toString('hex')}`, idempotency_key: null },
    type,
  };
  // Stripe sends indented JSON, so whoever parses and serialises the payload again breaks the signature.
  const payload = JSON.stringify(event, null, 2);
  return { source: 'stripe', id, type, body: Buffer.from(payload), sign: async () => sign(payload, secret) };
}

function sign(payload: string, secret: string): Record<string, string> {
  return {
    accept: '*/*; q=0.5, application/xml',
    'cache-control': 'no-cache',
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret }),
  };
}
