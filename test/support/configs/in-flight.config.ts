// A config with long retry waits, and a handler that reports to the receiver when its signal is aborted.
import { defineConfig, type Handler, secret } from 'surehook';

const receiver = process.env.RECEIVER_URL ?? 'http://127.0.0.1:9';
const partner = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };
/** A later deployment's config lacks the endpoint `first`, or gives it another limit. */
const first = process.env.FIRST_NAME ?? 'first';
const secrets = [secret(process.env.USE_SECRET ?? 'ENDPOINT_SECRET')];
const report = async (path: string, id: string) =>
  await fetch(receiver + path, { method: 'POST', headers: { 'x-webhook-event-id': id } });

/** Runs until its signal is aborted, or as long as the receiver lets it wait. */
const work: Handler = async (event, { signal }) => {
  signal.addEventListener('abort', () => void report('/aborted', event.id).catch(() => undefined));
  const response = await report('/handler', event.id);
  if (!response.ok) throw new TypeError(`the receiver says ${response.status}`);
  return { handled: event.id };
};

export default defineConfig({
  sources: {
    partner: {
      verify: partner,
      handlers: { both: work, short: work },
      retry: ['1h'],
      forwardTo: { both: [first, 'second'], short: [first], forwarded: [first] },
    },
    slow: {
      verify: partner,
      handlers: { '*': work },
      retry: ['1h'],
      timeoutMs: 120_000,
      forwardTo: [first],
    },
  },
  endpoints: {
    [first]: {
      url: `${receiver}${process.env.FIRST_PATH ?? '/first'}`,
      secrets,
      retry: ['1h', '1h'],
      timeoutMs: Number(process.env.FIRST_TIMEOUT_MS ?? 4_000),
    },
    second: { url: `${receiver}/second`, secrets, retry: ['1h', '1h'], timeoutMs: 60_000 },
  },
});
