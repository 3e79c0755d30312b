// A config with sources of each kind of body, whose handler returns what it was given, and an endpoint.
import { defineConfig, type Handler, PermanentError, secret } from 'surehook';
import { z } from 'zod';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';

/** Calls the receiver, whose answer decides whether the event fails. A large payload is described by its size. */
const describe: Handler = async ({ id, payload, rawBody }) => {
  const headers = { 'x-webhook-event-id': id };
  const { status } = await fetch(`${receiver}/handler`, { method: 'POST', headers });
  if (status === 422) throw new PermanentError('the receiver says never');
  const shown = payload instanceof Uint8Array ? { bytes: Buffer.from(payload).toString('base64') } : payload;
  const size = JSON.stringify(shown).length;
  return { payload: size > 10_000 ? size : shown, raw: rawBody.length };
};

const source = {
  verify: { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] },
  eventId: ['header.x-id', 'body.event_id', 'body.id'],
  eventType: ['header.x-type', 'body.type'],
  handlers: { '*': describe },
  retry: [0, 200, 200], // of an attempt that a busy machine has interrupted
  forwardTo: ['first'],
};

export default defineConfig({
  sources: {
    any: source,
    json: { ...source, body: 'json' },
    form: { ...source, body: 'form' },
    text: { ...source, body: 'text' },
    bytes: { ...source, body: 'bytes' },
    large: { ...source, maxBodyBytes: 16_777_216 },
    strict: { ...source, schema: z.object({ amount: z.string().regex(/^\d+$/, 'expected digits') }) },
    strictbytes: {
      ...source,
      body: 'bytes',
      schema: z.instanceof(Uint8Array).refine((bytes) => bytes[0] === 0x25, 'expected a PDF'),
    },
  },
  endpoints: {
    first: {
      url: `${receiver}/first`,
      secrets: [secret('ENDPOINT_SECRET')],
      retry: [0, 200],
      breaker: false,
    },
  },
});
