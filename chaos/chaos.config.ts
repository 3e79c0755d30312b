// The config of the chaos test: handlers that report to the test's receiver, and schedules that end within a minute.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, type Handler, PermanentError, secret } from 'surehook';

const receiver = process.env.CHAOS_RECEIVER_URL ?? 'http://127.0.0.1:9';
/**
 * The process and its life, sent with each request, so that the receiver knows the worker of an attempt that is
 * cut off.
 */
const instance = process.env.CHAOS_INSTANCE ?? 'nobody';

/**
 * Reports the event, then works on: a worker that is killed meanwhile has handled the event, and Temporal does
 * not know.
 */
const countAndWork =
  (minMs: number, maxMs: number): Handler =>
  async (event, { attempt, idempotencyKey, signal }) => {
    if (event.type === 'order.poison') throw new PermanentError('this order can never be handled');
    if (event.type === 'order.bumpy' && attempt === 1) throw new Error('the first attempt always fails');
    const headers = { 'x-event-key': idempotencyKey, 'x-chaos-instance': instance };
    const response = await fetch(`${receiver}/handled`, { method: 'POST', headers, signal });
    if (!response.ok) throw new Error(`the counter answered ${response.status}`);
    await delay(minMs + Math.random() * (maxMs - minMs), undefined, { signal });
    return { handled: event.id };
  };

const verify = { scheme: 'stripe' as const, secrets: [secret('CHAOS_SOURCE_SECRET')] };
const retry = [200, '1s', '1s', '2s', '2s', '4s'];
const forwardTo = {
  'order.poison': ['healthy'],
  'order.doomed': ['healthy', 'broken'],
  'order.quiet': [],
  '*': ['healthy', 'flaky'],
};

const endpoint = (name: string, schedule: (number | string)[], breaker: false | { probeAfter: string }) => ({
  url: `${receiver}/${name}`,
  secrets: [secret('CHAOS_ENDPOINT_SECRET')],
  headers: { 'x-chaos-instance': instance },
  timeoutMs: 3_000,
  retry: schedule,
  breaker,
});

export default defineConfig({
  sources: {
    shop: { verify, handlers: { '*': countAndWork(20, 300) }, retry, forwardTo },
    // The time limit is too long for a local activity: all attempts are regular activities, with heartbeats.
    depot: { verify, handlers: { '*': countAndWork(500, 2_000) }, retry, timeoutMs: 8_000, forwardTo },
  },
  endpoints: {
    healthy: endpoint('healthy', [0, '1s', '1s', '2s', '4s', '4s'], { probeAfter: '1s' }),
    // The schedule is many times longer than the endpoint's longest bad phase.
    flaky: endpoint('flaky', [0, '1s', '2s', '3s', '4s', '5s', '6s', '6s', '6s', '6s', '6s'], {
      probeAfter: '1s',
    }),
    broken: endpoint('broken', [0, '1s'], false), // every event that is delivered to it must end as a dead letter
  },
});
