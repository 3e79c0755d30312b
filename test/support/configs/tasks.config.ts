// The config of the tests of agent tasks: one task type for each thing that a task can do.
import { setTimeout as delay } from 'node:timers/promises';
import { analyzeDocument, defineConfig, defineTask, secret, TaskError } from 'surehook';
import { z } from 'zod';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';

/** Tells the receiver of each beginning, so that a test can count attempts and stop processes in between. */
const begun = async (taskId: string, note: string) => {
  await fetch(`${receiver}/work`, {
    method: 'POST',
    headers: { 'x-webhook-event-id': taskId, 'x-note': note },
  });
};

export default defineConfig({
  sources: {
    partner: { verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] } },
  },
  callbacks: { retry: Array.from({ length: 10 }, () => 100) },
  tasks: {
    'analyze-document': {
      ...analyzeDocument({ model: false, extractTimeoutMs: 20_000, downloadTimeoutMs: 2_000 }),
      retry: [100],
    },
    echo: defineTask({
      description: 'Returns its text',
      input: z.object({ text: z.string().max(1_000) }),
      run: async ({ text }, { taskId }) => {
        await begun(taskId, text);
        return { text };
      },
      fromText: (text) => ({ text }),
    }),
    // Counts to ten, half a second each, and goes on from where an earlier attempt has come to.
    count: defineTask({
      input: z.object({ to: z.int().default(10) }),
      run: async ({ to }, { taskId, checkpoint, report, signal }) => {
        const from = (checkpoint as number | undefined) ?? 0;
        await begun(taskId, `from ${from}`);
        for (let n = from + 1; n <= to; n++) {
          await delay(300, undefined, { signal });
          report({ percent: (100 * n) / to, message: `counted to ${n}`, checkpoint: n });
        }
        return { from };
      },
      retry: [100, 100],
    }),
    refuse: defineTask({
      input: z.object({}),
      run: () => {
        throw new TaskError('document_encrypted', 'the document is encrypted');
      },
    }),
    break: defineTask({
      input: z.object({}),
      retry: [100, 100],
      run: async (_input, { taskId }) => {
        await begun(taskId, 'break');
        throw new RangeError('the password of the database is wrong');
      },
    }),
    // Breaks for as long as the receiver says so.
    mendable: defineTask({
      input: z.object({}),
      retry: [],
      run: async (_input, { taskId }) => {
        const headers = { 'x-webhook-event-id': taskId };
        const { ok, status } = await fetch(`${receiver}/mend`, { method: 'POST', headers });
        if (!ok) throw new Error(`the receiver says ${status}`);
        return 'mended';
      },
    }),
    endless: defineTask({
      input: z.object({}),
      timeout: '1s',
      run: async (_input, { taskId }) => {
        await begun(taskId, 'endless');
        await new Promise(() => undefined);
      },
    }),
    confirm: defineTask({
      input: z.object({ what: z.string() }),
      run: async ({ what }, { taskId, ask, attempt }) => {
        await begun(taskId, `attempt ${attempt}`);
        const { yes } = await ask('sure', {
          question: `Delete ${what}?`,
          schema: z.object({ yes: z.boolean() }),
        });
        if (!yes) throw new TaskError('not_confirmed', 'the client did not want it');
        const { reason } = await ask('why', {
          question: 'Why?',
          schema: z.object({ reason: z.string().min(3) }),
        });
        return { deleted: what, reason };
      },
    }),
    both: defineTask({
      input: z.object({}),
      run: async (_input, { ask }) => {
        const [a, b] = await Promise.all([
          ask('a', { question: 'A?', schema: z.object({ value: z.number() }) }),
          ask('b', { question: 'B?', schema: z.object({ value: z.number() }) }),
        ]);
        return { sum: a.value + b.value };
      },
    }),
    // Asks for something that is not an object.
    pick: defineTask({
      input: z.object({}),
      run: async (_input, { ask }) => ({
        color: await ask('color', { question: 'Which color?', schema: z.enum(['red', 'blue']) }),
      }),
    }),
  },
});
