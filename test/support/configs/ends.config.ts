// A config for events that end in unusual ways: many endpoints that fail at once, and an alert route.
import { defineConfig, secret } from 'surehook';

const { RECEIVER_URL: receiver, SUFFIX: suffix = '' } = process.env;
const secrets = [secret('ENDPOINT_SECRET')];
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
/** Names of the greatest length, too many to fit into one search attribute. */
const many = Array.from({ length: 40 }, (_, i) => `${String(i).padStart(2, '0')}${'e'.repeat(61)}`);
const refusing = { url: `${receiver}/refusing`, secrets, retry: [], breaker: false as const };

export default defineConfig({
  sources: {
    [`ends${suffix}`]: { verify: partner, forwardTo: { one: ['one'], late: ['late'], many } },
  },
  endpoints: {
    one: { url: `${receiver}/one`, secrets, retry: ['1h'], breaker: false },
    late: { url: `${receiver}/late`, secrets, retry: [], timeoutMs: 60_000, breaker: false },
    ...Object.fromEntries(many.map((name) => [name, refusing])),
  },
  alerts: {
    [`ends${suffix}`]: {
      channel: 'webhook',
      url: `${receiver}/alerts`,
      secrets,
      sources: [`ends${suffix}`],
      gather: 0,
      every: '1s',
    },
  },
});
