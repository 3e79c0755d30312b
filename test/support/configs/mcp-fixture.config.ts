// The config of the MCP conformance test: its task types are the tools that the kit calls, by the kit's names.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, defineTask, secret, TaskError } from 'surehook';
import { z } from 'zod';

/** Of everything that a form is answered with, the kit's own fields count. */
const confirmation = z.looseObject({ confirm: z.boolean() });

export default defineConfig({
  sources: {
    partner: { verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] } },
  },
  tasks: {
    // Short: answers in the call.
    greet: defineTask({
      input: z.object({ name: z.string() }),
      timeout: '5s',
      run: ({ name }) => `Hello, ${name}!`,
    }),
    slow_compute: defineTask({
      input: z.object({ seconds: z.number().min(0), label: z.string().optional() }),
      run: async ({ seconds, label }, { signal }) => {
        await delay(seconds * 1_000, undefined, { signal });
        return `computed ${label} for ${seconds} s`;
      },
    }),
    // Long: never for a client that takes no handle.
    failing_job: defineTask({
      input: z.object({}),
      timeout: '2h',
      run: async (_input, { signal }) => {
        await delay(1_000, undefined, { signal });
        throw new TaskError('failing_job', 'the job has failed, as it always does');
      },
    }),
    protocol_error_job: defineTask({
      input: z.object({}),
      retry: [],
      run: () => {
        throw new RangeError('the job broke');
      },
    }),
    confirm_delete: defineTask({
      input: z.object({ filename: z.string() }),
      run: async ({ filename }, { ask }) => {
        const { confirm } = await ask('confirm', { question: `Delete ${filename}?`, schema: confirmation });
        return confirm ? `deleted ${filename}` : `kept ${filename}`;
      },
    }),
    multi_input: defineTask({
      input: z.object({}),
      run: async (_input, { ask }) => {
        const schema = z.looseObject({ name: z.string() });
        const asked = await Promise.all([
          ask('first', { question: 'The first name?', schema }),
          ask('second', { question: 'The second name?', schema }),
        ]);
        return asked.map(({ name }) => name).join(' and ');
      },
    }),
    // Short, so that it asks in the call; the call that answers it ends with a handle.
    test_tool_with_task: defineTask({
      input: z.object({}),
      timeout: '10s',
      run: async (_input, { ask }) => {
        const { name } = await ask('user_name', {
          question: 'What is your name?',
          schema: z.looseObject({ name: z.string() }),
        });
        return `Hello, ${name}!`;
      },
    }),
  },
});
