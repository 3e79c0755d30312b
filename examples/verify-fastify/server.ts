// Verifies Stripe's webhooks in Fastify: the parser of JSON is replaced by one that keeps the bytes.
import fastify from 'fastify';
import { verifySignature } from 'surehook/signatures';

const secrets = [process.env.STRIPE_WEBHOOK_SECRET ?? ''];

export const app = fastify({ bodyLimit: 1_048_576 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post('/webhooks/stripe', async ({ headers, body }, reply) => {
  const rawBody = Buffer.isBuffer(body) ? body : Buffer.alloc(0); // a request without a body has no bytes
  const result = verifySignature({ scheme: 'stripe', secrets, headers, rawBody });
  if (!result.ok) return reply.code(401).send({ error: result.code });
  const event = JSON.parse(rawBody.toString('utf8'));
  return { received: event.id };
});

if (import.meta.main) await app.listen({ port: 3000 });
