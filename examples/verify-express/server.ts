// Verifies Stripe's webhooks in Express: the body stays as it came until its signature is right.
import express from 'express';
import { verifySignature } from 'surehook/signatures';

const secrets = [process.env.STRIPE_WEBHOOK_SECRET ?? ''];

export const app = express().post(
  '/webhooks/stripe',
  express.raw({ type: () => true, limit: '1mb' }),
  ({ headers, body }, response) => {
    const rawBody = Buffer.isBuffer(body) ? body : Buffer.alloc(0); // a request without a body has no bytes
    const result = verifySignature({ scheme: 'stripe', secrets, headers, rawBody });
    if (!result.ok) return void response.status(401).json({ error: result.code });
    const event = JSON.parse(rawBody.toString('utf8'));
    response.json({ received: event.id });
  },
);

if (import.meta.main) app.listen(3000);
