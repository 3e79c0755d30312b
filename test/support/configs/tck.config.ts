// The config for A2A's conformance kit: its one task type does what the id of the kit's message says.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, defineTask, secret, type TaskContext } from 'surehook';
import { z } from 'zod';

const file = { filename: 'output.txt', mediaType: 'text/plain' };
const texts: Record<string, string> = {
  'tck-artifact-text': 'Generated text content',
  'tck-stream-artifact-text': 'Streamed text content',
  'tck-stream-artifact-chunked': 'chunk-1 chunk-2',
  'tck-stream-ordering-001': 'Ordered output',
  'tck-stream-001': 'Stream hello from TCK',
  'tck-stream-003': 'Stream task lifecycle',
};
const parts = (part: Record<string, unknown>) => ({ parts: [part] });

/** Asks on while the kit tells its story. */
async function askOn({ ask }: TaskContext) {
  for (let turn = 1; ; turn++) {
    const text = await ask(`turn_${turn}`, { question: 'What next?', schema: z.string() });
    if (!text.startsWith('TCK history message')) return parts({ text });
  }
}

export default defineConfig({
  sources: { partner: { verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] } } },
  tasks: {
    tck: defineTask({
      description: "Does what A2A's conformance kit expects of an agent",
      input: z.object({ messageId: z.string(), text: z.string() }),
      fromText: (text, { messageId = '' }) => ({ messageId, text }),
      run: async ({ messageId }, context) => {
        const is = (prefix: string) => messageId.startsWith(prefix);
        if (is('tck-input-required')) return await askOn(context);
        if (is('tck-message-response')) return { message: parts({ text: 'Direct message response' }) };
        if (is('tck-artifact-data'))
          return parts({ data: { key: 'value', count: 42 }, mediaType: 'application/json' });
        if (is('tck-artifact-file-url')) return parts({ url: 'https://example.com/output.txt', ...file });
        if (is('tck-artifact-file') || is('tck-stream-artifact-file'))
          return parts({ raw: Buffer.from('tck').toString('base64'), ...file });
        if (is('test-resubscribe-message-id')) await delay(4_000, undefined, { signal: context.signal });
        const [, text = 'Hello from TCK'] = Object.entries(texts).find(([prefix]) => is(prefix)) ?? [];
        return parts({ text });
      },
    }),
  },
});
