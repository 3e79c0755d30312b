// Handlers that do everything that a handler should not do; each is named by the event type that it gets.
import { setTimeout as delay } from 'node:timers/promises';
import { defineConfig, type Handler, PermanentError, secret } from 'surehook';
import { z } from 'zod';

class OrderRefused extends PermanentError {
  override name = 'OrderRefused';
}

/** As a config that has its own copy of the package would load it. */
class OtherCopy extends Error {
  override name = 'RefusedElsewhere';
  get [Symbol.for('surehook.permanent')]() {
    return true;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const forgotten = async () => {
  throw new RangeError('nobody awaits this');
};
const withCode = () => Object.assign(Object.create(null), { code: 'E42' });
const cycle = () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
};
const block = (ms: number) => {
  const end = Date.now() + ms;
  while (Date.now() < end);
};

const handlers: Record<string, Handler> = {
  calm: () => 'calm',
  rests: async () => {
    await sleep(700);
    return 'rested';
  },
  'rejects-astray': async () => {
    void forgotten();
    await sleep(300);
  },
  'throws-in-a-timer': async () => {
    setTimeout(() => {
      throw new TypeError('thrown in a timer');
    }, 10);
    await sleep(300);
  },
  'throws-after-its-end': () => {
    setTimeout(() => {
      throw new TypeError('thrown after the end');
    }, 100);
    return 'well';
  },
  exits: () => process.exit(3),
  aborts: () => process.abort(),
  'kills-its-process': async () => {
    process.kill(process.pid, 'SIGKILL');
    await sleep(1_000);
  },
  'fills-a-map': () => {
    const map = new Map<number, unknown>();
    for (let i = 0; ; i++) map.set(i, { i, text: `entry ${i}` });
  },
  'fills-buffers': async () => {
    const buffers: Buffer[] = [];
    for (;;) {
      buffers.push(Buffer.alloc(10_000_000, 1));
      await sleep(5);
    }
  },
  'loops-for-ever': () => {
    for (;;);
  },
  'ignores-its-signal': () => sleep(60_000),
  'rests-for-ten-minutes': () => sleep(600_000),
  'blocks-after-an-await': async () => {
    await sleep(50);
    block(60_000);
  },
  computes: () => {
    block(7_000);
    return 'computed';
  },
  'message-is-an-object': () => {
    throw Object.assign(new Error(), { message: { reason: 'an object' } });
  },
  'message-is-undefined': () => {
    throw Object.assign(new Error(), { message: undefined });
  },
  'stack-is-a-number': () => {
    throw Object.assign(new Error('the stack is a number'), { stack: 42 });
  },
  'throws-an-object': () => {
    throw withCode();
  },
  'throws-a-string': () => {
    throw 'only a string';
  },
  'throws-nothing': () => {
    throw undefined;
  },
  'throws-a-trap': () => {
    throw new Proxy(new Error('trap'), {
      get() {
        throw new Error('no property can be read');
      },
    });
  },
  'returns-a-bigint': () => ({ amount: 10n }),
  'returns-a-cycle': () => cycle(),
  'heartbeats-a-bigint': (_event, context) => context.heartbeat({ amount: 10n }),
  'heartbeats-often': async (_event, context) => {
    for (let n = 0; n < 50; n++) {
      context.heartbeat({ n });
      await delay(10);
    }
    return 'heartbeats';
  },
  'has-causes': () => {
    throw new Error('the order failed', { cause: new Error('the database is away', { cause: 'no route' }) });
  },
  'has-several-errors': () => {
    throw new AggregateError([new Error('first reason'), new Error('second reason')]);
  },
  'is-refused': () => {
    throw new OrderRefused('a renamed subclass');
  },
  'is-refused-by-another-copy': () => {
    throw new OtherCopy('of another copy');
  },
  logs: async (event, context) => {
    context.log.info('a line of the handler', { order: event.id });
    // biome-ignore lint/suspicious/noConsole: what handlers print is kept
    console.log(`console ${event.id}`);
    return context.attempt;
  },
};

const verify = { scheme: 'hmac' as const, secrets: [secret('PARTNER_SECRET')] };

export default defineConfig({
  sources: {
    nasty: { verify, handlers, timeoutMs: 1_000, retry: [0] },
    patient: { verify, handlers, timeoutMs: 20_000, retry: [] },
    unhurried: { verify, handlers, timeoutMs: 600_000, retry: [] },
    unchecked: { verify, schema: z.any().refine(() => process.exit(5)) },
  },
});
