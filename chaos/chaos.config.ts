// The config of the chaos test: handlers that report to the test's receiver, and schedules that end within a minute.
import { setTimeout as delay } from 'node:timers/promises';
import {
  defineConfig,
  defineTask,
  type Handler,
  type HandlerContext,
  PermanentError,
  secret,
} from 'surehook';
import { z } from 'zod';
import { COMPUTES_MS, type DEEDS, HOPELESS_ATTEMPTS } from './deeds.ts';
import { workMs } from './finals/work.ts';

const receiver = process.env.CHAOS_RECEIVER_URL ?? 'http://127.0.0.1:9';
/**
 * The process and its life, sent with each request, so that the receiver knows the worker of an attempt that is
 * cut off.
 */
const instance = process.env.CHAOS_INSTANCE ?? 'nobody';

async function report(
  what: 'handled' | 'deed' | 'deed-over',
  { idempotencyKey, signal }: Pick<HandlerContext, 'idempotencyKey' | 'signal'>,
  more: Record<string, string> = {},
): Promise<void> {
  const headers = {
    'x-event-key': idempotencyKey,
    'x-chaos-instance': instance,
    'x-chaos-pid': String(process.pid),
    ...more,
  };
  const response = await fetch(`${receiver}/${what}`, { method: 'POST', headers, signal });
  if (!response.ok) throw new Error(`the counter answered ${response.status}`);
}

/**
 * Reports the event, then works on: a worker that is killed meanwhile has handled the event, and Temporal does
 * not know.
 */
const countAndWork =
  (minMs: number, maxMs: number): Handler =>
  async (event, { attempt, idempotencyKey, signal, heartbeat }) => {
    if (event.type === 'order.poison') throw new PermanentError('this order can never be handled');
    if (event.type === 'order.bumpy' && attempt === 1) throw new Error('the first attempt always fails');
    await report('handled', { idempotencyKey, signal });
    heartbeat({ reported: event.id });
    await delay(minMs + Math.random() * (maxMs - minMs), undefined, { signal });
    return { handled: event.id };
  };

const handle = countAndWork(20, 300);

/** Blocks the thread as a computation does, but leaves the cores to those who are to be measured. */
function blockFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const DO: Record<(typeof DEEDS)[number], () => void> = {
  strays: () => void Promise.reject(new RangeError('nobody awaits this')),
  throws: () =>
    void setTimeout(() => {
      throw new TypeError('thrown in a timer');
    }, 10),
  blocks: () => blockFor(Number.POSITIVE_INFINITY),
  exits: () => process.exit(3),
  fills: () => {
    const map = new Map<number, number[]>();
    for (let n = 0; ; n++) map.set(n, Array(1_000).fill(n)); // large rows: small ones take seconds of a core
  },
  aborts: () => process.abort(),
  crashes: () => void process.kill(process.pid, 'SIGSEGV'),
};

/** Does the deed while `isNasty`, after it has told of it; handles the event else. */
const misbehave =
  (isNasty: (attempt: number) => boolean): Handler =>
  async (event, context) => {
    const { attempt, signal } = context;
    if (!isNasty(attempt)) return await handle(event, context);
    const deed = event.type as keyof typeof DO;
    await report('deed', context, { 'x-chaos-deed': deed, 'x-chaos-attempt': String(attempt) });
    DO[deed]();
    return await delay(60_000, undefined, { signal }); // an attempt that goes on after its deed must be failed
  };

const compute: Handler = async (event, context) => {
  await report('deed', context, { 'x-chaos-deed': event.type, 'x-chaos-attempt': String(context.attempt) });
  blockFor(COMPUTES_MS);
  await report('deed-over', context);
  await report('handled', context);
};

const verify = { scheme: 'stripe' as const, secrets: [secret('CHAOS_SOURCE_SECRET')] };
const retry = [200, '1s', '1s', '2s', '2s', '4s'];
const shortRetry = [0, '1s', '1s', '2s', '4s', '4s'];
const hopelessRetry = Array(HOPELESS_ATTEMPTS - 1).fill('500ms');
const forwardTo = {
  'order.poison': ['healthy'],
  'order.doomed': ['healthy', 'broken'],
  'order.quiet': [],
  'order.odd': ['healthy', 'odd'],
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
    shop: { verify, handlers: { '*': handle }, retry, forwardTo },
    // The time limit is too long for a local activity: all attempts are regular activities, with heartbeats.
    depot: { verify, handlers: { '*': countAndWork(500, 2_000) }, retry, timeoutMs: 8_000, forwardTo },
    // Does its deed at the first attempt only, which is a local activity.
    wild: {
      verify,
      handlers: { '*': misbehave((attempt) => attempt === 1) },
      retry,
      timeoutMs: 3_000,
      forwardTo,
    },
    // Does its deed at each attempt, all of which are regular activities: every event must end as a dead letter.
    hopeless: {
      verify,
      handlers: { '*': misbehave(() => true) },
      retry: hopelessRetry,
      timeoutMs: 6_000,
      forwardTo,
    },
    // A worker is killed about as often as a handler of 40 s ends: the schedule is long.
    patient: {
      verify,
      handlers: { '*': compute },
      retry: Array(30).fill('1s'),
      timeoutMs: 60_000,
      forwardTo,
    },
  },
  tasks: {
    work: defineTask({
      input: z.object({ n: z.int() }),
      run: async ({ n }, { idempotencyKey, signal }) => {
        await report('handled', { idempotencyKey, signal });
        await delay(workMs(n), undefined, { signal });
        return { n };
      },
      // Where a handler blocks the process of the work for ever, the process is ended only once this time is over, too.
      timeout: '30s',
      retry: Array(20).fill('200ms'), // a handler's deed, or a fault, may end the process of the work more than once
    }),
  },
  callbacks: { retry: shortRetry },
  endpoints: {
    healthy: endpoint('healthy', shortRetry, { probeAfter: '1s' }),
    // The schedule is many times longer than the endpoint's longest bad phase.
    flaky: endpoint('flaky', [0, '1s', '2s', '3s', '4s', '5s', '6s', '6s', '6s', '6s', '6s'], {
      probeAfter: '1s',
    }),
    odd: endpoint('odd', shortRetry, { probeAfter: '1s' }),
    broken: endpoint('broken', [0, '1s'], false), // every event that is delivered to it must end as a dead letter
  },
});
