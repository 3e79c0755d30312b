// Schemes of shops, and of what shops send, store and count.

import { EMPTY_200 } from '../handshakes.ts';
import { appendedKey, nfkdTextKey } from '../keys.ts';
import type { Scheme } from '../scheme.ts';
import { BODY_DIGEST, plain, row } from './row.ts';

export const COMMERCE_SCHEMES = {
  // Headers without `x-` come with Shopify's Events. Subscriptions share the event id, so it is not used.
  shopify: row(plain(['x-shopify-hmac-sha256', 'shopify-hmac-sha256'], 'base64'), {
    eventId: ['header.x-shopify-webhook-id', 'header.shopify-webhook-id'],
    eventType: ['header.x-shopify-topic', 'header.shopify-topic'],
    docs: 'https://shopify.dev/docs/apps/build/webhooks/verify-deliveries',
  }),
  woocommerce: row(plain('x-wc-webhook-signature', 'base64'), {
    eventId: ['header.x-wc-webhook-delivery-id'],
    eventType: ['header.x-wc-webhook-topic'],
    docs: 'https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks',
  }),
  'lemon-squeezy': row(plain('x-signature', 'hex'), {
    eventId: [BODY_DIGEST],
    eventType: ['header.x-event-name'],
    answer: { status: 200 },
    docs: 'https://docs.lemonsqueezy.com/help/webhooks/signing-requests',
  }),
  fastspring: row(plain('x-fs-signature', 'base64'), {
    batch: 'events',
    eventId: ['body.events.0.id'],
    eventType: ['body.events.0.type'],
    answer: { status: 200 },
    docs: 'https://developer.fastspring.com/docs/message-security',
  }),
  easypost: row(plain('x-hmac-signature', 'hex', 'hmac-sha256-hex='), {
    key: nfkdTextKey,
    eventId: ['body.id'],
    eventType: ['body.description'],
    docs: 'https://docs.easypost.com/guides/webhooks-guide',
  }),
  klaviyo: row(
    {
      ...plain('klaviyo-signature', 'hex'),
      signed: '{body}{timestamp}',
      time: { header: 'klaviyo-timestamp', unit: 'http-date' },
    },
    {
      batch: 'data',
      eventId: ['body.data.0.external_id'],
      eventType: ['body.data.0.topic'],
      docs: 'https://developers.klaviyo.com/en/docs/working_with_system_webhooks',
    },
  ),
  'customer-io': row(
    {
      ...plain('x-cio-signature', 'hex'),
      signed: 'v0:{timestamp}:{body}',
      time: { header: 'x-cio-timestamp', unit: 's' },
    },
    {
      eventId: ['body.event_id'],
      eventType: [{ join: ['body.object_type', 'body.metric'] }],
      docs: 'https://docs.customer.io/integrations/api/webhooks/',
    },
  ),
  // The account says whether it signs with SHA-1 or SHA-256; the length of the signature tells them apart.
  cloudinary: row(
    {
      ...plain('x-cld-signature', 'hex'),
      hash: ['sha1', 'sha256'],
      signed: '{body}{timestamp}',
      time: { header: 'x-cld-timestamp', unit: 's', toleranceSeconds: 7_200 },
    },
    {
      key: appendedKey,
      eventId: [BODY_DIGEST],
      eventType: ['body.notification_type'],
      docs: 'https://cloudinary.com/documentation/notification_signatures',
    },
  ),
  // Xero asks for 200 with an empty body, also for its "intent to receive" without events; 401 answers a bad signature.
  xero: row(plain('x-xero-signature', 'base64'), {
    batch: 'events',
    eventId: [BODY_DIGEST],
    eventType: [{ join: ['body.events.0.eventCategory', 'body.events.0.eventType'] }],
    answer: EMPTY_200,
    docs: 'https://developer.xero.com/documentation/guides/webhooks/overview/',
  }),
  // Since 2026 the body is a list of CloudEvents.
  quickbooks: row(plain('intuit-signature', 'base64'), {
    batch: '',
    eventId: ['body.0.id', BODY_DIGEST],
    eventType: ['body.0.type'],
    answer: { status: 200 },
    docs: 'https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks',
  }),
  tally: row(plain('tally-signature', 'base64'), {
    eventId: ['body.eventId', BODY_DIGEST],
    eventType: ['body.eventType'],
    docs: 'https://tally.so/help/webhooks',
  }),
  typeform: row(plain('typeform-signature', 'base64', 'sha256='), {
    eventId: ['body.event_id'],
    eventType: ['body.event_type'],
    docs: 'https://www.typeform.com/developers/webhooks/secure-your-webhooks/',
  }),
} satisfies Record<string, Scheme>;
