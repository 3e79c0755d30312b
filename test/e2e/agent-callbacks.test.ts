// Stories of callbacks and deliveries: the client away, moved or gone for good, and processes killed at every point.
import { createHmac } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TaskView } from '../../src/api/agent/task-view.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { type Answer, type Received, Receiver } from '../support/receiver.ts';
import { newId, Surehook } from '../support/surehook.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'the-secret-of-alice';
let receiver: Receiver;
let api: Surehook;
let worker: Surehook;
let alice: AgentClient;
let temporal: Client;

const start = async (role: 'api' | 'worker', temporalAddress = inject('temporalAddress')) =>
  await Surehook.start({
    role,
    temporalAddress,
    taskQueue: 'agent-callbacks',
    config: 'tasks',
    env: {
      RECEIVER_URL: receiver.url,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
    },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  [api, worker] = await Promise.all([start('api'), start('worker')]);
  alice = new AgentClient(api);
  temporal = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(async () => {
  await temporal.connection.close();
  await Promise.all([api.stop(), worker.stop()]);
  await receiver.stop();
});

/** A path of the receiver of its own, which gives this answer. */
function newHook(answer: Answer = 200) {
  const path = `/${newId('hook')}`;
  receiver.answerAll(path, answer);
  return {
    path,
    answer: (next: Answer) => receiver.answerAll(path, next),
    fields: { webhook_url: receiver.url + path, webhook_secret: SECRET },
    requests: () => receiver.requests.filter((request) => request.path === path),
  };
}
const bodyOf = ({ body }: Received) => JSON.parse(body.toString());
const begins = (taskId: string) => receiver.of(taskId, '/work').map(({ headers }) => headers['x-note']);
const historyOf = async (taskId: string) =>
  (await temporal.workflow.getHandle(`agent:${taskId}`).fetchHistory()).events ?? [];
const callbackIs = (status: TaskView['callbacks'][number]['status']) => (task: TaskView) =>
  task.callbacks[0]?.status === status;

describe('a callback', () => {
  it('reaches a client that was down for three attempts, with one id and every attempt on record', async () => {
    const hook = newHook(503);
    const id = await alice.begin('echo', { text: 'x', ...hook.fields });
    await waitFor(() => hook.requests().length >= 3);
    hook.answer(200);
    const task = await alice.until(id, callbackIs('delivered'));
    const attempts = task.callbacks[0]?.attempts.map(({ status_code }) => status_code) ?? [];
    expect(attempts.slice(0, 3)).toEqual([503, 503, 503]);
    expect(attempts.at(-1)).toBe(200);
    expect(hook.requests().length).toBe(attempts.length);
    expect(new Set(hook.requests().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(hook.requests().map(({ body }) => body.toString())).size).toBe(1);
  });

  it('goes to the new address at once when its client moves while it waits', async () => {
    const hook = newHook({ status: 503, headers: { 'retry-after': '600' } });
    const id = await alice.begin('echo', { text: 'x', ...hook.fields });
    await alice.until(id, ({ callbacks }) => callbacks[0]?.attempts[0]?.next_attempt_at !== undefined);
    const next = newHook();
    const patched = await alice.call('PATCH', `/agent/tasks/${id}`, {
      webhook_url: next.fields.webhook_url,
      webhook_secret: 'another-secret',
    });
    expect(patched.status).toBe(200);
    const task = await alice.until(id, callbackIs('delivered'));
    expect(task.callbacks[0]?.url).toBe(next.fields.webhook_url);
    const [request] = next.requests() as [Received];
    const expected = createHmac('sha256', 'another-secret').update(request.body).digest('hex');
    expect(request.headers['x-webhook-signature']).toBe(expected);
    expect(task.callbacks[0]?.attempts.map(({ status_code }) => status_code)).toEqual([503, 200]);
  });

  it('goes to the new address when its client moves while the task works', async () => {
    const hook = newHook();
    const id = await alice.begin('count', { to: 6, ...hook.fields });
    const next = newHook();
    await alice.call('PATCH', `/agent/tasks/${id}`, { webhook_url: next.fields.webhook_url });
    await alice.until(id, callbackIs('delivered'));
    expect([hook.requests().length, next.requests().length]).toEqual([0, 1]);
  });

  it('whose attempts are used up is a dead letter, and its replay sends the callback alone', async () => {
    const hook = newHook(500);
    const id = await alice.begin('echo', { text: 'kept', ...hook.fields });
    const failed = await alice.until(id, callbackIs('failed'));
    expect(failed).toMatchObject({ status: 'completed', result: { text: 'kept' } });
    expect(failed.callbacks[0]?.attempts.length).toBe(11);
    const eventId = `${id}.own.1`;
    const shown = await api.operator(`/api/v1/dead-letters/callback/${eventId}`);
    expect(await shown.json()).toMatchObject({
      source: 'callback',
      event_type: 'task.completed',
      failed: { steps: [{ step: 'deliver:callback', error: 'http_500', attempts: 11 }] },
    });
    hook.answer(200);
    const replay = await api.operator(`/api/v1/dead-letters/callback/${eventId}/replay`, {
      method: 'POST',
      headers: { authorization: `Bearer operator-token-of-the-tests`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(replay.status).toBe(202);
    const task = await alice.until(id, callbackIs('delivered'));
    expect(task.result).toEqual({ text: 'kept' });
    expect(begins(id)).toEqual(['kept']);
    expect(new Set(hook.requests().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('that is a dead letter is sent again when its client gives another address', async () => {
    const hook = newHook(410);
    const id = await alice.begin('echo', { text: 'x', ...hook.fields });
    await alice.until(id, callbackIs('failed'));
    const next = newHook();
    await alice.call('PATCH', `/agent/tasks/${id}`, { webhook_url: next.fields.webhook_url });
    const task = await alice.until(id, callbackIs('delivered'));
    expect(task.callbacks[0]?.url).toBe(next.fields.webhook_url);
    expect(next.requests().map(bodyOf)).toMatchObject([{ task_id: id, status: 'completed' }]);
  });

  it('that was not delivered yet is withdrawn when the task goes on', async () => {
    const hook = newHook({ status: 503, headers: { 'retry-after': '600' } });
    const id = await alice.begin('confirm', { what: 'x', ...hook.fields });
    await alice.until(id, ({ callbacks }) => callbacks[0]?.attempts[0]?.next_attempt_at !== undefined);
    hook.answer(200);
    await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { yes: false } });
    await alice.until(id, (task) => task.status === 'failed' && callbackIs('delivered')(task));
    expect(hook.requests().map((request) => bodyOf(request).status)).toEqual(['input_required', 'failed']);
    expect(await api.event('callback', `${id}.own.1`)).toMatchObject({ status: 'canceled' });
  });

  it('shows its secret in no history, log line or view', async () => {
    const hook = newHook();
    const webhook_secret = newId('a-secret-that-nobody-sees');
    const id = await alice.begin('echo', { text: 'x', ...hook.fields, webhook_secret });
    const task = await alice.until(id, callbackIs('delivered'));
    const event = await api.event('callback', `${id}.own.1`);
    for (const text of [JSON.stringify([task, event]), api.output, worker.output])
      expect(text).not.toContain(webhook_secret);
  });
});

describe('a worker that is killed or stopped', () => {
  it('in the work: another one goes on from where the work has come to', async () => {
    const hook = newHook();
    const id = await alice.begin('count', { to: 60, ...hook.fields });
    // The worker passes a checkpoint on to Temporal every 5 s; each number takes 0.3 s.
    await alice.until(id, ({ progress }) => (progress?.percent ?? 0) >= 50);
    await worker.stop('SIGKILL');
    worker = await start('worker');
    const task = await alice.until(id, callbackIs('delivered'));
    const { from } = task.result as { from: number };
    expect(from).toBeGreaterThan(0);
    expect(begins(id)).toEqual(['from 0', `from ${from}`]);
  });

  it('gently, in the work: another one goes on from its last checkpoint', async () => {
    const id = await alice.begin('count', { to: 60 });
    await alice.until(id, ({ progress }) => (progress?.percent ?? 0) >= 20);
    await worker.stop('SIGTERM');
    worker = await start('worker');
    const task = await alice.until(id, ({ completed_at }) => completed_at !== null);
    expect(task).toMatchObject({ status: 'completed', result: { from: expect.any(Number) } });
    expect(begins(id)).toEqual(['from 0', `from ${(task.result as { from: number }).from}`]);
  });

  it('between: the result that Temporal has is called back, and the work is not done again', async () => {
    await worker.stop();
    const proxy = await TcpProxy.start(inject('temporalAddress'));
    worker = await start('worker', proxy.address);
    const hook = newHook();
    receiver.answerAll('/mend', { status: 200, delayMs: 1_000 });
    const id = await alice.begin('mendable', hook.fields);
    await waitFor(() => receiver.of(id, '/mend').length > 0);
    // The worker's report of its work arrives, and the workflow task that follows does not reach the worker.
    proxy.deafen();
    await waitFor(async () =>
      (await historyOf(id)).some((event) => event.activityTaskCompletedEventAttributes),
    );
    await worker.stop('SIGKILL');
    await proxy.stop();
    expect(hook.requests()).toEqual([]);
    worker = await start('worker');
    await alice.until(id, callbackIs('delivered'));
    expect(receiver.of(id, '/mend').length).toBe(1);
    expect(hook.requests().map(bodyOf)).toMatchObject([{ status: 'completed', result: 'mended' }]);
  });

  it('in a callback: the callback is sent again, with the same id', async () => {
    const hook = newHook('hang');
    const id = await alice.begin('echo', { text: 'x', ...hook.fields });
    await waitFor(() => hook.requests().length > 0);
    await worker.stop('SIGKILL');
    hook.answer(200);
    worker = await start('worker');
    await alice.until(id, callbackIs('delivered'));
    expect(begins(id)).toEqual(['x']);
    expect(new Set(hook.requests().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('while a task waits for its answer: with all processes started anew, the task goes on with it', async () => {
    const hook = newHook();
    const id = await alice.begin('confirm', { what: 'x', ...hook.fields });
    await alice.until(id, (task) => task.status === 'input_required' && callbackIs('delivered')(task));
    await Promise.all([worker.stop('SIGKILL'), api.stop('SIGKILL')]);
    [api, worker] = await Promise.all([start('api'), start('worker')]);
    alice = new AgentClient(api);
    expect((await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { yes: false } })).status).toBe(
      202,
    );
    const task = await alice.untilStatus(id, 'failed');
    expect(task.error).toEqual({ code: 'not_confirmed', message: 'the client did not want it' });
  });
});

describe('without a worker', () => {
  it('a task is accepted and shown, and so is one that has ended', async () => {
    const ended = await alice.begin('echo', { text: 'before' });
    await alice.untilStatus(ended, 'completed');
    await worker.stop();
    const hook = newHook();
    const id = await alice.begin('echo', { text: 'x', ...hook.fields });
    expect(await alice.task(ended)).toMatchObject({ status: 'completed', result: { text: 'before' } });
    expect(await alice.task(id)).toMatchObject({ status: 'processing', callbacks: [{ status: 'pending' }] });
    worker = await start('worker');
    await alice.until(id, callbackIs('delivered'));
  });
});

describe('a delivery without a task', () => {
  const fields = (hook: ReturnType<typeof newHook>) => ({
    ...hook.fields,
    event_type: 'invoice.paid',
    payload: { amount: 5 },
  });

  it('is sent, signed, and shown to its client alone', async () => {
    const hook = newHook();
    const response = await alice.call('POST', '/deliveries', fields(hook));
    const { delivery_id } = (await response.json()) as { delivery_id: string };
    expect([response.status, response.headers.get('location')]).toEqual([202, `/deliveries/${delivery_id}`]);
    const shown = await waitFor(
      async () =>
        (await (await alice.call('GET', `/deliveries/${delivery_id}`)).json()) as { status: string },
      ({ status }) => status === 'delivered',
    );
    expect(shown).toMatchObject({
      event_type: 'invoice.paid',
      url: hook.fields.webhook_url,
      attempts: [{ attempt: 1 }],
    });
    const [request] = hook.requests() as [Received];
    expect([request.body.toString(), request.headers['x-webhook-event-type']]).toEqual([
      '{"amount":5}',
      'invoice.paid',
    ]);
    expect(request.headers['x-webhook-signature']).toBe(
      createHmac('sha256', SECRET).update(request.body).digest('hex'),
    );
    const bob = new AgentClient(api, CLIENT_KEYS.bob);
    expect((await bob.call('GET', `/deliveries/${delivery_id}`)).status).toBe(404);
  });

  it('is sent once with one idempotency key, and refused for another body', async () => {
    const hook = newHook();
    const key = { 'idempotency-key': newId('key') };
    const send = async (payload: unknown) =>
      await alice.call('POST', '/deliveries', { ...fields(hook), payload }, key);
    const [first, second] = [await send(1), await send(1)];
    expect(await second.json()).toEqual(await first.json());
    const other = await send(2);
    expect([other.status, await other.json()]).toMatchObject([422, { code: 'idempotency_conflict' }]);
    await waitFor(() => hook.requests().length === 1);
  });

  it('is a dead letter once its attempts are used up', async () => {
    const hook = newHook(410);
    const { delivery_id } = (await (await alice.call('POST', '/deliveries', fields(hook))).json()) as {
      delivery_id: string;
    };
    await waitFor(
      async () =>
        (await (await alice.call('GET', `/deliveries/${delivery_id}`)).json()) as { status: string },
      ({ status }) => status === 'failed',
    );
    const shown = await api.operator(`/api/v1/dead-letters/delivery/${delivery_id}`);
    expect(await shown.json()).toMatchObject({ failed: { steps: [{ error: 'http_410' }] } });
  });
});
