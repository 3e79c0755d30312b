// The config of most end-to-end tests: short schedules, and a receiver that plays both handlers and endpoints.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, type Handler, PermanentError, secret } from 'surehook';
import { z } from 'zod';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
const endpointSecrets = [secret('ENDPOINT_SECRET'), secret('ENDPOINT_SECRET_OLD')];
/** Temporal's timers fire at whole seconds: three attempts take about two seconds. */
const retry = [0, 200];

/** Calls the receiver, which counts the call and by its answer decides the handler's result. */
const callReceiver: Handler = async (event, { attempt, idempotencyKey, signal }) => {
  const headers = { 'x-webhook-event-id': event.id, 'x-attempt': String(attempt), 'x-key': idempotencyKey };
  const response = await fetch(`${receiver}/handler`, { method: 'POST', headers, signal });
  if (response.status === 422) throw new PermanentError('the receiver says never');
  if (!response.ok) throw new TypeError(`the receiver says ${response.status}`);
  return { handled: event.id, name: event.payload.name };
};

/** Ends a second after its request, so that a test can stop the worker's process in between. */
const stall: Handler = async (event) => {
  await fetch(`${receiver}/handler`, { method: 'POST', headers: { 'x-webhook-event-id': event.id } });
  await delay(1_000);
};

/** Several endpoints of one event, for a large body whose every delivery fails. */
const many = ['many1', 'many2', 'many3', 'many4', 'many5', 'many6'];

export default defineConfig({
  sources: {
    partner: {
      verify: partner,
      handlers: { handled: callReceiver, both: callReceiver },
      retry: [100, 100],
      forwardTo: { forwarded: ['first'], both: ['first', 'second'], unreachable: ['closed'], many },
    },
    batch: { verify: partner, handlers: { '*': callReceiver }, forwardTo: ['first', 'second'] },
    once: { verify: partner, handlers: { '*': callReceiver }, retry: [], redelivery: 'ignore' },
    stalling: { verify: partner, handlers: { '*': stall } },
    slow: { verify: partner, handlers: { '*': callReceiver }, retry: [100], timeoutMs: 8_000 },
    strict: {
      verify: partner,
      schema: z.object({ event_id: z.string(), amount: z.number().positive() }),
    },
    walled: { verify: partner, ipAllowList: ['10.0.0.0/8', '192.0.2.1'] },
    small: { verify: partner, maxBodyBytes: 1_000 },
    timed: { verify: { ...partner, timestampHeader: 'X-Webhook-Timestamp' } },
    github: { verify: { scheme: 'github', secrets: [secret('GITHUB_SECRET')] } },
    stripe: { verify: { scheme: 'stripe', secrets: [secret('STRIPE_SECRET')] } },
    standard: { verify: { scheme: 'standard', secrets: [secret('STANDARD_SECRET')] } },
  },
  endpoints: {
    first: {
      url: `${receiver}/first`,
      secrets: endpointSecrets,
      retry,
      timeoutMs: 1_000,
      headers: { 'x-team': 'a' },
      forwardHeaders: ['X-Tenant', 'x-github-event'],
      breaker: false, // many tests let this endpoint fail at the same time
    },
    second: {
      url: `${receiver}/second`,
      secrets: endpointSecrets,
      retry,
      timeoutMs: 1_000,
      breaker: false,
    },
    ...Object.fromEntries(
      many.map((name) => [name, { url: `${receiver}/${name}`, secrets: endpointSecrets, retry }]),
    ),
    closed: { url: 'http://127.0.0.1:9/closed', secrets: endpointSecrets, retry, breaker: false },
  },
});
