// The main configuration with an alert route, so that there are alerts to count.
import { defineConfig, secret } from 'surehook';
import main from './main.config.ts';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';

export default defineConfig({
  ...main,
  alerts: {
    hook: { channel: 'webhook', url: `${receiver}/alerts`, secrets: [secret('ENDPOINT_SECRET')] },
  },
});
