// Tests that a handler costs its own attempt and nothing else, whatever it does.
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Event, newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let surehook: Surehook;

beforeAll(async () => {
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'nasty',
    env: { SUREHOOK_HANDLER_MEMORY: '128', SUREHOOK_HANDLER_PROCESSES: '2' },
  });
});
afterEach(async () => {
  expect((await surehook.operator('/readyz')).status).toBe(200);
  expect(surehook.child.exitCode).toBe(null);
  expect(await handle('calm')).toMatchObject({ status: 'processed', handler: { result: 'calm' } });
});
afterAll(() => surehook.stop());

const isClosed = ({ status }: Event) => status === 'processed' || status === 'failed';

async function send(type: string, source = 'nasty'): Promise<string> {
  const event_id = newId();
  expect((await surehook.send({ event_id, type }, source)).status).toBe(202);
  return event_id;
}

async function handle(type: string, source = 'nasty'): Promise<Event> {
  return await surehook.untilEvent(source, await send(type, source), isClosed);
}

const attemptsOf = ({ handler }: Event) =>
  handler?.attempts.map(({ error, message }) => ({ error, message }));

describe('an error that no code has caught', () => {
  it.each([
    ['rejects-astray', 'handler:RangeError', 'nobody awaits this'],
    ['throws-in-a-timer', 'handler:TypeError', 'thrown in a timer'],
  ])('fails the attempt that is running: %s', async (type, error, message) => {
    const event = await handle(type);
    expect(event.status).toBe('failed');
    expect(attemptsOf(event)).toEqual([
      { error, message },
      { error, message },
    ]);
  });

  it('is logged with the source, and fails nothing, when its attempt has ended', async () => {
    expect(await handle('throws-after-its-end')).toMatchObject({ status: 'processed' });
    const line = await waitFor(() =>
      surehook.logLines().find(({ msg }) => String(msg).includes('thrown after the end')),
    );
    expect(line).toMatchObject({
      level: 'error',
      source: 'nasty',
      stack: expect.stringContaining('nasty.config'),
    });
  });
});

describe('a handler whose process ends', () => {
  it.each([
    ['exits', /exit code 3/],
    ['aborts', /SIGABRT/],
    ['kills-its-process', /SIGKILL/],
    ['fills-a-map', /ended during this attempt/],
    ['fills-buffers', /ended during this attempt|did not end within/],
  ])('is interrupted as often as its schedule allows: %s', async (type, message) => {
    const event = await handle(type, 'patient');
    expect(event.status).toBe('failed');
    expect(attemptsOf(event)).toEqual([{ error: 'interrupted', message: expect.stringMatching(message) }]);
  });

  it('is counted at each attempt, the first of which no heartbeat has recorded', async () => {
    expect(attemptsOf(await handle('exits'))).toEqual([
      { error: 'interrupted', message: expect.stringContaining('exit code 3') },
      { error: 'interrupted', message: expect.stringContaining('exit code 3') },
    ]);
  });
});

it('processes are started again as soon as ever, however many handlers in a row have ended theirs', async () => {
  const tookMs: number[] = [];
  for (let n = 0; n < 16; n++) {
    const started = performance.now();
    expect(await handle('exits', 'patient')).toMatchObject({ status: 'failed' });
    tookMs.push(performance.now() - started);
  }
  const sum = (some: number[]) => some.reduce((total, ms) => total + ms, 0);
  // Pauses that doubled with each end would be half a minute long by now.
  expect(sum(tookMs.slice(-4))).toBeLessThan(3 * sum(tookMs.slice(0, 4)) + 3_000);
});

it('a handler whose neighbour has ended its process runs next in a process without neighbours', async () => {
  const event_id = await send('rests');
  const event = await waitFor(async () => {
    await send('aborts', 'patient'); // every shared process ends, again and again
    return await surehook.event('nasty', event_id);
  }, isClosed);
  expect(event).toMatchObject({ status: 'processed', handler: { result: 'rested' } });
  expect(attemptsOf(event)).toEqual([
    { error: 'interrupted', message: expect.stringContaining('SIGABRT') },
    { error: undefined, message: undefined },
  ]);
});

describe('a handler that goes past its time', () => {
  it.each([
    ['loops-for-ever', 'interrupted', /was blocked for 2 s after the time of this attempt/],
    ['blocks-after-an-await', 'interrupted', /was blocked for 2 s/],
    ['ignores-its-signal', 'timeout', /did not end within its timeoutMs/],
  ])('loses its attempt: %s', async (type, error, message) => {
    const event = await handle(type);
    expect(event.status).toBe('failed');
    const attempt = { error, message: expect.stringMatching(message) };
    expect(attemptsOf(event)).toEqual([attempt, attempt]);
  });

  it('does not hold up other handlers while it blocks its process', async () => {
    const blocking = await send('loops-for-ever');
    const others = await Promise.all(Array.from({ length: 10 }, () => handle('calm')));
    expect(others.map(({ status }) => status)).toEqual(Array(10).fill('processed'));
    expect((await surehook.event('nasty', blocking)).status).toBe('processing');
    await surehook.untilEvent('nasty', blocking, isClosed);
  });
});

it('a call of ten minutes in a process that another call blocks does not wait for its own end', async () => {
  const single = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'nasty',
    env: { SUREHOOK_HANDLER_PROCESSES: '1' },
  });
  const long = newId();
  await single.send({ event_id: long, type: 'rests-for-ten-minutes' }, 'unhurried');
  await single.untilEvent('unhurried', long, ({ handler }) => handler !== null);
  // On a starved machine a call may begin in another process, and block that one.
  for (let i = 0; i < 3 && !isClosed(await single.event('unhurried', long)); i++) {
    await single.send({ event_id: newId(), type: 'loops-for-ever' }, 'nasty');
    await single.untilEvent('unhurried', long, isClosed).catch(() => undefined);
  }
  expect(attemptsOf(await single.event('unhurried', long))).toEqual([
    { error: 'interrupted', message: expect.stringContaining('SIGKILL') },
  ]);
  await single.stop();
}, 240_000);

it('a handler that computes for a long time within its limit is run once, and blocks nothing', async () => {
  const event_id = await send('computes', 'patient');
  for (let i = 0; i < 5; i++) expect(await handle('calm', 'patient')).toMatchObject({ status: 'processed' });
  const event = await surehook.untilEvent('patient', event_id, isClosed);
  expect(event).toMatchObject({
    status: 'processed',
    handler: { attempts: [{ attempt: 1 }], result: 'computed' },
  });
});

it('a handler that sends heartbeats, in a local attempt and in a regular one, goes on', async () => {
  for (const source of ['nasty', 'patient'])
    expect(await handle('heartbeats-often', source)).toMatchObject({
      status: 'processed',
      handler: { attempts: [{ attempt: 1 }], result: 'heartbeats' },
    });
});

describe('what a handler throws or returns', () => {
  it.each([
    ['message-is-an-object', 'handler:Error', "{ reason: 'an object' }"],
    ['message-is-undefined', 'handler:Error', undefined],
    ['stack-is-a-number', 'handler:Error', 'the stack is a number'],
    ['throws-an-object', 'handler:Error', "[Object: null prototype] { code: 'E42' }"],
    ['throws-a-string', 'handler:Error', 'only a string'],
    ['throws-nothing', 'handler:Error', 'undefined'],
    ['throws-a-trap', 'handler:Error', undefined],
    ['heartbeats-a-bigint', 'handler:TypeError', expect.stringContaining('BigInt')],
    ['has-causes', 'handler:Error', 'the order failed (cause: the database is away (cause: no route))'],
    ['has-several-errors', 'handler:AggregateError', '[first reason; second reason]'],
  ])('is a named failure, retried by the schedule: %s', async (type, error, message) => {
    const event = await handle(type);
    expect(event.status).toBe('failed');
    expect(event.handler?.attempts.every(({ duration_ms }) => duration_ms < 1_000)).toBe(true);
    expect(attemptsOf(event)).toEqual([
      { error, message },
      { error, message },
    ]);
  });

  it.each([
    ['is-refused', 'handler:OrderRefused'],
    ['is-refused-by-another-copy', 'handler:RefusedElsewhere'],
    ['returns-a-bigint', 'handler:ResultNotJson'],
    ['returns-a-cycle', 'handler:ResultNotJson'],
  ])('is not retried if no retry can help: %s', async (type, error) => {
    expect(attemptsOf(await handle(type))).toEqual([{ error, message: expect.any(String) }]);
  });

  it('is in the log with its message and stack', async () => {
    const event_id = await send('has-causes', 'patient');
    await surehook.untilEvent('patient', event_id, isClosed);
    const line = surehook.logLines().find((one) => one.msg === 'handler failed' && one.event_id === event_id);
    expect(line).toMatchObject({
      error: 'handler:Error',
      message: expect.stringContaining('the order failed'),
      stack: expect.stringMatching(/nasty\.config\.ts:\d+[\s\S]*cause: .*the database is away/),
    });
  });
});

it('a schema that ends its process is answered with 503, and the log says why', async () => {
  const refused = await surehook.send({ event_id: newId() }, 'unchecked');
  expect(refused.status).toBe(503);
  const detail = 'the schema of the source gave no answer; send it again later';
  expect(await refused.json()).toMatchObject({ code: 'payload_unchecked', detail });
  const line = surehook.logLines().find(({ code }) => code === 'payload_unchecked');
  expect(line).toMatchObject({ msg: 'request refused', reason: expect.stringMatching(/: .*exit code 5/) });
});

it('the log lines of a handler, and what it prints, are in the output', async () => {
  const event_id = await send('logs');
  await surehook.untilEvent('nasty', event_id, isClosed);
  await waitFor(() => surehook.output.includes(`console ${event_id}`));
  expect(surehook.logLines().find(({ msg }) => msg === 'a line of the handler')).toMatchObject({
    order: event_id,
    event_id,
    attempt: 1,
  });
});

it('a SIGKILL of the main process leaves no handler process behind, not even a blocked one', async () => {
  const other = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'nasty',
  });
  const childrenOf = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const pid = other.child.pid as number;
  const children = childrenOf(pid);
  expect(children.length).toBeGreaterThanOrEqual(2);
  await other.send({ event_id: newId(), type: 'loops-for-ever' }, 'patient');
  await other.stop('SIGKILL');
  const isAlive = (child: number) => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${child}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  await waitFor(() => !children.some(isAlive));
});
