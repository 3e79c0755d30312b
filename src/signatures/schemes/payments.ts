// Schemes of payment providers, banks and billing.
import type { Place, Scheme } from '../scheme.ts';
import { prefixed } from '../signature-headers.ts';
import { signedHeaders } from './coinbase.ts';
import { BODY_DIGEST, pairs, plain, row } from './row.ts';

const BODY_ID: readonly Place[] = ['body.id'];
const BODY_TYPE: readonly Place[] = ['body.type'];

export const PAYMENT_SCHEMES = {
  stripe: row(pairs({ header: 'stripe-signature', unit: 's', toleranceSeconds: 300 }), {
    eventId: BODY_ID,
    eventType: BODY_TYPE,
    docs: 'https://docs.stripe.com/webhooks/signature',
  }),
  paddle: row(
    pairs({
      header: 'paddle-signature',
      separator: ';',
      listSeparator: ', ',
      timestamp: 'ts',
      signature: 'h1',
      signed: '{timestamp}:{body}',
      unit: 's',
      toleranceSeconds: 5,
    }),
    {
      eventId: ['body.event_id'],
      eventType: ['body.event_type'],
      docs: 'https://developer.paddle.com/webhooks/signature-verification',
    },
  ),
  square: row(
    { ...plain('x-square-hmacsha256-signature', 'base64'), signed: '{url}{body}' },
    {
      eventId: ['body.event_id'],
      eventType: BODY_TYPE,
      docs: 'https://developer.squareup.com/docs/webhooks/step3validate',
    },
  ),
  razorpay: row(plain('x-razorpay-signature', 'hex'), {
    eventId: ['header.x-razorpay-event-id'],
    eventType: ['body.event'],
    docs: 'https://razorpay.com/docs/webhooks/validate-test/',
  }),
  gocardless: row(plain('webhook-signature', 'hex'), {
    batch: 'events',
    eventId: ['body.events.0.id'],
    eventType: [{ join: ['body.events.0.resource_type', 'body.events.0.action'] }],
    docs: 'https://developer.gocardless.com/getting-started/stay-up-to-date-with-webhooks-v2/',
  }),
  'coinbase-commerce': row(plain('x-cc-webhook-signature', 'hex'), {
    eventId: ['body.event.id'],
    eventType: ['body.event.type'],
    docs: 'https://docs.cdp.coinbase.com/commerce/docs/webhooks-security',
  }),
  'coinbase-cdp': row(signedHeaders, {
    eventId: ['header.x-event-id'],
    eventType: ['header.x-event-type'],
    docs: 'https://docs.cdp.coinbase.com/webhooks/verify-signatures',
  }),
  checkout: row(plain('cko-signature', 'hex'), {
    eventId: BODY_ID,
    eventType: BODY_TYPE,
    docs: 'https://www.checkout.com/docs/developer-resources/event-notifications/receive-webhooks',
  }),
  // Only the newer webhooks are signed. The classic ones bring an id to be fetched.
  mollie: row(plain('x-mollie-signature', 'hex', 'sha256='), {
    eventId: BODY_ID,
    eventType: BODY_TYPE,
    answer: { status: 200 },
    docs: 'https://docs.mollie.com/reference/webhooks-new',
  }),
  revolut: row(
    {
      header: 'revolut-signature',
      syntax: prefixed('v1='),
      encoding: 'hex',
      signed: 'v1.{timestamp}.{body}',
      time: { header: 'revolut-request-timestamp', unit: 'ms', toleranceSeconds: 300 },
    },
    {
      eventId: [BODY_DIGEST],
      eventType: ['body.event'],
      docs: 'https://developer.revolut.com/docs/guides/manage-accounts/webhooks/verify-the-payload-signature',
    },
  ),
  paystack: row(
    { ...plain('x-paystack-signature', 'hex'), hash: 'sha512' },
    {
      eventId: [{ join: ['body.data.id', 'body.event'] }],
      eventType: ['body.event'],
      answer: { status: 200 },
      docs: 'https://paystack.com/docs/payments/webhooks/',
    },
  ),
  airwallex: row(
    {
      ...plain('x-signature', 'hex'),
      signed: '{timestamp}{body}',
      time: { header: 'x-timestamp', unit: 'ms' },
    },
    {
      eventId: BODY_ID,
      eventType: ['body.name'],
      docs: 'https://www.airwallex.com/docs/developer-tools__listen-for-webhook-events',
    },
  ),
} satisfies Record<string, Scheme>;
