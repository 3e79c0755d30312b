// The config of Surehook's side of `npm run chaos:finals`.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, defineTask } from 'surehook';
import { z } from 'zod';
import { workMs } from './work.ts';

export default defineConfig({
  tasks: {
    work: defineTask({
      input: z.object({ n: z.int() }),
      run: async ({ n }, { signal }) => {
        await delay(workMs(n), undefined, { signal });
        return { n };
      },
      retry: Array.from({ length: 20 }, () => 100),
    }),
  },
});
