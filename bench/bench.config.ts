// The config of the benchmarks: a source with an empty handler, its endpoint, and a second pair for `--down`.
import { defineConfig, defineTask, type Handler, PermanentError, secret } from 'surehook';
import { z } from 'zod';

const refused = new Set<string>();

/** Each event becomes a dead letter at once, and is handled when it is replayed. */
const refuseOnce: Handler = async ({ id }) => {
  if (refused.has(id)) return;
  refused.add(id);
  throw new PermanentError('not the first time');
};

const order = z.object({ event_id: z.string(), type: z.string() });

export default defineConfig({
  tasks: {
    noop: defineTask({ input: order, run: async () => undefined }),
    waits: defineTask({
      input: order,
      run: async (_order, { ask }) => await ask('go', { question: 'Go on?', schema: z.boolean() }),
    }),
  },
  sources: {
    bench: {
      verify: { scheme: 'hmac', secrets: [secret('SOURCE_SECRET')] },
      handlers: { '*': async () => undefined, 'order.refused': refuseOnce, 'order.lost': refuseOnce },
      forwardTo: ['receiver'],
    },
    // Only `--down` uses this source.
    other: {
      verify: { scheme: 'hmac', secrets: [secret('SOURCE_SECRET')] },
      forwardTo: ['other'],
    },
  },
  endpoints: {
    receiver: { url: process.env.RECEIVER_URL ?? 'http://127.0.0.1:9', secrets: [secret('ENDPOINT_SECRET')] },
    other: { url: process.env.OTHER_URL ?? 'http://127.0.0.1:9', secrets: [secret('ENDPOINT_SECRET')] },
  },
});
