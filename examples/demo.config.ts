// Surehook's config in the demo: two real providers, an endpoint that works, and an endpoint that never does.
import { defineConfig, type Handler, secret } from 'surehook';

const receiver = process.env.DEMO_RECEIVER_URL ?? 'http://127.0.0.1:9';

/** Counts its calls per event at the receiver, so that an event that is handled twice shows. */
const count: Handler = async (_event, { idempotencyKey, signal }) => {
  const headers = { 'x-event-key': idempotencyKey };
  const response = await fetch(`${receiver}/handled`, { method: 'POST', headers, signal });
  if (!response.ok) throw new Error(`the counter answered ${response.status}`);
  return await response.json();
};

export default defineConfig({
  sources: {
    github: {
      verify: { scheme: 'github', secrets: [secret('DEMO_GITHUB_SECRET')] },
      handlers: { '*': count },
      forwardTo: ['inbox'],
    },
    stripe: {
      verify: { scheme: 'stripe', secrets: [secret('DEMO_STRIPE_SECRET')] },
      handlers: { '*': count },
      forwardTo: { 'charge.dispute.created': ['inbox', 'broken'], '*': ['inbox'] },
    },
  },
  endpoints: {
    // The default schedule waits for minutes, which is right for an endpoint that is down, but not for a demo.
    inbox: {
      url: `${receiver}/inbox`,
      secrets: [secret('DEMO_ENDPOINT_SECRET')],
      retry: [0, '1s', '1s', '1s'],
    },
    broken: {
      url: `${receiver}/broken`,
      secrets: [secret('DEMO_ENDPOINT_SECRET')],
      retry: [0, '1s'],
      breaker: false, // a breaker would hold the deliveries, and the demo shows a dead letter
    },
  },
});
