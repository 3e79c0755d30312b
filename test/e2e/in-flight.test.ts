// Tests events in flight that an operator retries or cancels, and what the operator API then shows of them.
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runSurehook } from '../support/command.ts';
import { type Answer, Receiver } from '../support/receiver.ts';
import { type Event, newId, SECRETS, type StartOptions, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let surehook: Surehook;
let started: Surehook[] = [];

const start = async (role: StartOptions['role'], taskQueue: string, env: Record<string, string> = {}) =>
  await Surehook.start({
    role,
    taskQueue,
    temporalAddress: inject('temporalAddress'),
    config: 'in-flight',
    env: { RECEIVER_URL: receiver.url, ...env },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await start('serve', 'in-flight');
});

afterEach(async () => {
  await Promise.all(started.map((own) => own.stop('SIGKILL')));
  started = [];
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
});

/** Starts a Surehook that is stopped after the test. */
async function startOwn(role: StartOptions['role'], taskQueue: string, env?: Record<string, string>) {
  const own = await start(role, taskQueue, env);
  started.push(own);
  return own;
}

/** Runs the `temporal` command on the server of the tests. @returns its output */
async function temporal(...args: string[]): Promise<string> {
  const address = ['--address', inject('temporalAddress')];
  return (await promisify(execFile)(inject('temporalCliPath'), [...args, ...address])).stdout;
}

async function post(verb: 'retry' | 'cancel', event_id: string, source = 'partner', on = surehook) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await on.operator(`/api/v1/events/${source}/${event_id}/${verb}`, {
    method: 'POST',
    headers,
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function send(script: Record<string, Answer[]>, type = 'forwarded', source = 'partner', on = surehook) {
  const event_id = newId();
  for (const [path, answers] of Object.entries(script)) receiver.script(path, event_id, answers);
  expect((await on.send({ event_id, type }, source)).status).toBe(202);
  return event_id;
}

/** Repeats the retry until it is accepted, since it takes a moment until the step waits in Temporal. */
async function retryOnceItWaits(event_id: string, on = surehook) {
  return await waitFor(
    () => post('retry', event_id, 'partner', on),
    ({ status }) => status === 202,
  );
}

const isClosed = ({ closed_at }: Event) => closed_at !== null;
const isProcessed = ({ status }: Event) => status === 'processed';
const attemptsAt = (path: string, count: number) => (event: Event) =>
  event.deliveries.some(({ endpoint, attempts }) => `/${endpoint}` === path && attempts.length === count);
const calls = (event_id: string, path: string) => receiver.of(event_id, path).length;
const run = (...args: string[]) =>
  runSurehook(args, { SUREHOOK_OPERATOR_URL: surehook.operatorUrl, SUREHOOK_OPERATOR_TOKEN: TOKEN });

describe("an operator's retry", () => {
  it('starts the next attempt at once, as often as it is repeated, and the log numbers the attempts on', async () => {
    const event_id = await send({ '/first': [500, 503, 200] });
    const waiting = await surehook.untilEvent('partner', event_id, attemptsAt('/first', 1));
    const [first] = waiting.deliveries[0]?.attempts ?? [];
    expect(Date.parse(first?.next_attempt_at ?? '')).toBeGreaterThan(Date.now() + 3_000_000);
    const answer = await retryOnceItWaits(event_id);
    expect(answer.body).toEqual({
      status: 'retrying',
      source: 'partner',
      event_id,
      workflow_id: `partner:${event_id}`,
      run_id: waiting.run_id,
      steps: ['deliver:first'],
    });
    await surehook.untilEvent('partner', event_id, attemptsAt('/first', 2));
    await retryOnceItWaits(event_id);
    const event = await surehook.untilEvent('partner', event_id, isProcessed);
    expect(event.deliveries[0]?.attempts).toMatchObject([
      { attempt: 1, status_code: 500 },
      { attempt: 2, status_code: 503 },
      { attempt: 3, status_code: 200 },
    ]);
    expect(calls(event_id, '/first')).toBe(3);
  });

  it('retries every step that waits, and the schedule still ends', async () => {
    const event_id = await send({ '/first': [500], '/second': [500, 200] }, 'both');
    await surehook.untilEvent('partner', event_id, attemptsAt('/second', 1));
    const steps = new Set<unknown>();
    await waitFor(async () => {
      const { body } = await post('retry', event_id);
      for (const step of (body.steps as string[] | undefined) ?? []) steps.add(step);
      return (await surehook.event('partner', event_id)).closed_at;
    });
    expect([...steps].sort()).toEqual(['deliver:first', 'deliver:second']);
    const event = await surehook.event('partner', event_id);
    expect(event).toMatchObject({
      status: 'failed',
      deliveries: [{ status: 'failed' }, { status: 'succeeded' }],
    });
    expect(event.deliveries.map(({ attempts }) => attempts.length)).toEqual([3, 2]);
  });

  it('is refused with the reason if no step waits', async () => {
    expect(await post('retry', 'nobody')).toMatchObject({ status: 404, body: { code: 'event_not_found' } });
    const done = await send({});
    await surehook.untilEvent('partner', done, isProcessed);
    expect(await post('retry', done)).toMatchObject({
      status: 409,
      body: { code: 'event_closed', event_status: 'processed' },
    });
    const running = await send({ '/handler': ['hang'] }, 'any', 'slow');
    const event = await surehook.untilEvent('slow', running, ({ handler }) => handler?.attempts.length === 1);
    expect(event.handler).toMatchObject({ status: 'running', attempts: [{ attempt: 1, running: true }] });
    expect(event.handler?.attempts[0]?.error).toBeUndefined();
    expect(await post('retry', running, 'slow')).toMatchObject({
      status: 409,
      body: {
        code: 'nothing_waits',
        detail: expect.stringContaining('an attempt of handler runs right now'),
      },
    });
    expect((await run('events', 'show', 'slow', running)).stdout).toMatch(
      / 1 {2}\S+ {2}running, for \d+\.\d s/,
    );
    await post('cancel', running, 'slow');
  });

  it('uses the current URL and secret of the config', async () => {
    const taskQueue = newId('queue');
    const api = await startOwn('api', taskQueue);
    const worker = await startOwn('worker', taskQueue);
    const event_id = await send({ '/first': [500] }, 'forwarded', 'partner', api);
    await api.untilEvent('partner', event_id, attemptsAt('/first', 1));
    await worker.stop();
    await startOwn('worker', taskQueue, { FIRST_PATH: '/moved', USE_SECRET: 'ENDPOINT_SECRET_OLD' });
    await retryOnceItWaits(event_id, api);
    await api.untilEvent('partner', event_id, isProcessed);
    expect([calls(event_id, '/first'), calls(event_id, '/moved')]).toEqual([1, 1]);
    const [request] = receiver.of(event_id, '/moved');
    const hmac = createHmac('sha256', SECRETS.ENDPOINT_SECRET_OLD).update(request?.body ?? '');
    expect(request?.headers['x-webhook-signature']).toBe(hmac.digest('hex'));
  });
});

describe('an event that waits while the config changes', () => {
  /** Sends an event that fails once at its endpoint, and then starts a worker with another config. */
  async function meetNewWorker(answers: Answer[], [before, after]: Record<string, string>[]) {
    const taskQueue = newId('queue');
    const api = await startOwn('api', taskQueue, before);
    const worker = await startOwn('worker', taskQueue, before);
    const event_id = await send({ '/first': answers }, 'forwarded', 'partner', api);
    await api.untilEvent('partner', event_id, attemptsAt('/first', 1));
    await worker.stop();
    await startOwn('worker', taskQueue, after);
    await retryOnceItWaits(event_id, api);
    return { api, event_id };
  }

  it('has six more attempts to find a worker that knows its endpoint, and then fails as endpoint_missing', async () => {
    const { api, event_id } = await meetNewWorker([500], [{}, { FIRST_NAME: 'renamed' }]);
    await waitFor(async () => {
      await post('retry', event_id, 'partner', api);
      return isClosed(await api.event('partner', event_id));
    });
    const event = await api.event('partner', event_id);
    const message = "this worker's config has no endpoint 'first'";
    expect(event.deliveries[0]?.attempts).toMatchObject([
      { attempt: 1, status_code: 500 },
      ...[2, 3, 4, 5, 6, 7].map((attempt) => ({ attempt, error: 'endpoint_missing', message })),
    ]);
    expect(event.error).toBe('deliver:first failed after 7 attempts: endpoint_missing');
  });

  it('keeps the time-out with which it was planned if the new config has a longer one', async () => {
    const limits = [{ FIRST_TIMEOUT_MS: '700' }, { FIRST_TIMEOUT_MS: '60000' }];
    const isTimedOut = ({ deliveries }: Event) => deliveries[0]?.attempts[1]?.error === 'timeout';
    const { api, event_id } = await meetNewWorker([500, 'hang'], limits);
    const event = await api.untilEvent('partner', event_id, isTimedOut);
    expect(event.deliveries[0]?.attempts[1]?.message).toMatch(/^no answer in \d{3,4} ms$/);
  });
});

describe('a cancelled event', () => {
  /** Sends an event with one delivery that succeeds, and one that waits for an hour. */
  async function sendWaiting(): Promise<string> {
    const event_id = await send({ '/first': [500, 200] }, 'both');
    await surehook.untilEvent(
      'partner',
      event_id,
      (event) => attemptsAt('/first', 1)(event) && event.deliveries[1]?.status === 'succeeded',
    );
    return event_id;
  }

  const stopped = {
    status: 'canceled',
    handler: { status: 'succeeded' },
    deliveries: [
      { endpoint: 'first', status: 'canceled', attempts: [{ attempt: 1, status_code: 500 }] },
      { endpoint: 'second', status: 'succeeded' },
    ],
  };

  it('that waited keeps its attempt log and is not retried, and a resend runs the remaining steps', async () => {
    const event_id = await sendWaiting();
    expect(await post('cancel', event_id)).toMatchObject({
      status: 202,
      body: { status: 'canceling', event_id, workflow_id: `partner:${event_id}` },
    });
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject(stopped);
    expect(event.deliveries[0]?.attempts[0]?.next_attempt_at).toBeUndefined();
    expect(await post('cancel', event_id)).toMatchObject({
      status: 409,
      body: { code: 'event_closed', event_status: 'canceled' },
    });
    expect((await surehook.send({ event_id, type: 'both' })).status).toBe(202);
    await surehook.untilEvent('partner', event_id, isProcessed);
    const made = ['/handler', '/first', '/second'].map((path) => calls(event_id, path));
    expect(made).toEqual([1, 2, 1]);
  });

  it('keeps the log of later attempts, too, if it was cancelled by the temporal command', async () => {
    const event_id = await send({ '/first': [500, 503, 200] });
    await retryOnceItWaits(event_id);
    await surehook.untilEvent('partner', event_id, attemptsAt('/first', 2));
    await temporal('workflow', 'cancel', '--workflow-id', `partner:${event_id}`);
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({
      status: 'canceled',
      deliveries: [{ status: 'canceled', attempts: [{ status_code: 500 }, { status_code: 503 }] }],
    });
  });

  it('that was terminated is not retried either', async () => {
    const event_id = await sendWaiting();
    await temporal('workflow', 'terminate', '--workflow-id', `partner:${event_id}`, '--reason', 'a test');
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject(stopped);
    expect(event.deliveries[0]?.attempts[0]?.next_attempt_at).toBeUndefined();
  });

  it('aborts the signal of a long handler that runs, and no step follows', async () => {
    const event_id = await send({ '/handler': ['hang'] }, 'any', 'slow');
    await waitFor(() => calls(event_id, '/handler') === 1);
    expect((await run('events', 'cancel', 'slow', event_id)).stdout).toContain('Cancellation requested.');
    const event = await surehook.untilEvent('slow', event_id, isClosed);
    expect(event).toMatchObject({
      status: 'canceled',
      handler: {
        status: 'canceled',
        attempts: [{ attempt: 1, error: 'canceled', message: 'the event was canceled during this attempt' }],
      },
      deliveries: [{ status: 'canceled', attempts: [] }],
    });
    await waitFor(() => calls(event_id, '/aborted') === 1);
    expect(calls(event_id, '/first')).toBe(0);
    const lines = surehook.logLines().filter((line) => line.event_id === event_id && line.attempt === 1);
    expect(lines).toMatchObject([{ level: 'info', msg: 'handler canceled', error: 'canceled' }]);
    expect(lines[0]?.message).toBeUndefined(); // the abort must not look like a time-out
  });

  it('finishes the workflow task of a short first attempt that runs, with each step once and logged', async () => {
    const event_id = await send({ '/handler': [{ status: 200, delayMs: 2_000 }] }, 'short');
    await waitFor(() => calls(event_id, '/handler') === 1);
    expect((await post('cancel', event_id)).status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event.status).toBe('canceled');
    expect(calls(event_id, '/handler')).toBe(1);
    expect(event.handler).toMatchObject({ status: 'succeeded', attempts: [{ attempt: 1 }] });
    const delivered = calls(event_id, '/first');
    expect(event.deliveries).toMatchObject([{ status: delivered > 0 ? 'succeeded' : 'canceled' }]);
    expect(event.deliveries[0]?.attempts.length).toBe(delivered);
  });

  it('logs the answer of a delivery that ends before the cancellation reaches it', async () => {
    const event_id = await send({ '/second': [{ status: 502, delayMs: 1_500 }] }, 'both');
    await waitFor(() => calls(event_id, '/second') === 1);
    expect((await post('cancel', event_id)).status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({
      status: 'canceled',
      deliveries: [
        { endpoint: 'first', status: 'succeeded' },
        { endpoint: 'second', status: 'canceled', attempts: [{ attempt: 1, status_code: 502 }] },
      ],
    });
    expect(event.deliveries[1]?.attempts[0]?.next_attempt_at).toBeUndefined();
  });

  it('makes no attempt if it was cancelled before a worker got it', async () => {
    const taskQueue = newId('queue');
    const api = await startOwn('api', taskQueue);
    const event_id = await send({}, 'both', 'partner', api);
    expect(await post('retry', event_id, 'partner', api)).toMatchObject({
      status: 409,
      body: { code: 'nothing_waits' },
    });
    expect((await post('cancel', event_id, 'partner', api)).status).toBe(202);
    await startOwn('worker', taskQueue);
    const event = await api.untilEvent('partner', event_id, isClosed);
    expect(event).toMatchObject({ status: 'canceled', handler: { status: 'canceled', attempts: [] } });
    expect(receiver.of(event_id)).toEqual([]);
  });
});
