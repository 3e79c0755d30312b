// The main config with an alert route, an endpoint that is down and a task type, so that metrics of all of them have values.
import { defineConfig, defineTask, secret } from 'surehook';
import { z } from 'zod';
import main from './main.config.ts';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';

export default defineConfig({
  ...main,
  sources: {
    ...main.sources,
    held: {
      verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] },
      forwardTo: { '*': ['down'] },
    },
  },
  endpoints: {
    ...main.endpoints,
    down: {
      url: 'http://127.0.0.1:9/down',
      secrets: [secret('ENDPOINT_SECRET')],
      breaker: { failures: 1, probeAfter: '1h' },
    },
  },
  tasks: { counted: defineTask({ input: z.object({}), run: () => 'counted' }) },
  alerts: {
    hook: { channel: 'webhook', url: `${receiver}/alerts`, secrets: [secret('ENDPOINT_SECRET')] },
  },
});
