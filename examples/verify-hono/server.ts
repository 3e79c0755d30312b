// Verifies Stripe's webhooks in Hono, on any runtime that has Node's crypto: Node, Bun, Deno, Cloudflare Workers.
import { Hono } from 'hono';
import { verifySignature } from 'surehook/signatures';

const secrets = [process.env.STRIPE_WEBHOOK_SECRET ?? ''];

const app = new Hono().post('/webhooks/stripe', async (context) => {
  const rawBody = new Uint8Array(await context.req.arrayBuffer());
  const { headers } = context.req.raw;
  const result = verifySignature({ scheme: 'stripe', secrets, headers, rawBody });
  if (!result.ok) return context.json({ error: result.code }, 401);
  const event = JSON.parse(new TextDecoder().decode(rawBody));
  return context.json({ received: event.id });
});

export default app;
