// Stories of agent tasks by the own API: accepted, worked, called back, and everything that goes wrong on the way.
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { TaskView } from '../../src/api/agent/task-view.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { type Received, Receiver } from '../support/receiver.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'the-secret-of-alice';
let receiver: Receiver;
let surehook: Surehook;
let alice: AgentClient;

const start = async (role: 'serve' | 'api' | 'worker' = 'serve', env: Record<string, string> = {}) =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'agent-tasks',
    config: 'tasks',
    env: {
      RECEIVER_URL: receiver.url,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
      ...env,
    },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await start();
  alice = new AgentClient(surehook);
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
});

/** A path of the receiver of its own, so that stories do not mix. */
const newHook = () => {
  const path = `/${newId('hook')}`;
  return {
    path,
    fields: { webhook_url: receiver.url + path, webhook_secret: SECRET },
    requests: () => receiver.requests.filter((request) => request.path === path),
  };
};
const bodyOf = ({ body }: Received) => JSON.parse(body.toString());
const begins = (taskId: string) => receiver.of(taskId, '/work').map(({ headers }) => headers['x-note']);
const isCalledBack = ({ callbacks }: TaskView) => callbacks.every(({ status }) => status === 'delivered');

describe('a task', () => {
  it('is accepted, worked, and called back with a body that a plain HMAC verifies', async () => {
    const hook = newHook();
    const response = await alice.call('POST', '/agent/echo', { text: 'hello', ...hook.fields });
    const accepted = (await response.json()) as { task_id: string };
    expect([response.status, accepted]).toEqual([
      202,
      {
        task_id: expect.stringMatching(/^task_[0-9a-f]{32}$/),
        status: 'processing',
        message: expect.any(String),
      },
    ]);
    expect(response.headers.get('location')).toBe(`/agent/tasks/${accepted.task_id}`);
    const task = await alice.until(accepted.task_id, isCalledBack);
    expect(task).toMatchObject({
      task_type: 'echo',
      status: 'completed',
      result: { text: 'hello' },
      error: null,
      callbacks: [
        { url: hook.fields.webhook_url, status: 'delivered', attempts: [{ attempt: 1, status_code: 200 }] },
      ],
    });
    const [request] = hook.requests() as [Received];
    expect(request.body.toString()).toBe(
      JSON.stringify({
        task_id: accepted.task_id,
        status: 'completed',
        result: { text: 'hello' },
        timestamp: task.completed_at,
      }),
    );
    const expected = createHmac('sha256', SECRET).update(request.body).digest('hex');
    expect(request.headers['x-webhook-signature']).toBe(expected);
    expect(request.headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('that says no has failed with its code, and its client is told', async () => {
    const hook = newHook();
    const id = await alice.begin('refuse', hook.fields);
    const task = await alice.until(id, isCalledBack);
    const error = { code: 'document_encrypted', message: 'the document is encrypted' };
    expect(task).toMatchObject({ status: 'failed', error, result: null });
    expect(hook.requests().map(bodyOf)).toMatchObject([{ task_id: id, status: 'failed', error }]);
  });

  it('that breaks is tried three times, and tells its client nothing of the inside', async () => {
    const hook = newHook();
    const id = await alice.begin('break', hook.fields);
    const task = await alice.until(id, isCalledBack);
    expect(task).toMatchObject({ status: 'error', error: { code: 'task:RangeError' } });
    expect(begins(id)).toEqual(['break', 'break', 'break']);
    expect(JSON.stringify([task, ...hook.requests().map(bodyOf)])).not.toContain('password');
  });

  it('that broke is a dead letter, and its replay does the work again and tells the client', async () => {
    const hook = newHook();
    receiver.answerAll('/mend', 500);
    const id = await alice.begin('mendable', hook.fields);
    await alice.until(id, (task) => task.status === 'error' && isCalledBack(task));
    const shown = await waitFor(
      () => surehook.operator(`/api/v1/dead-letters/agent/${id}`),
      ({ status }) => status === 200,
    );
    expect(await shown.json()).toMatchObject({
      event_type: 'mendable',
      failed: {
        steps: [{ step: 'work:1', error: 'task:Error', message: 'the receiver says 500', attempts: 1 }],
      },
    });
    receiver.answerAll('/mend', 200);
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const replay = { method: 'POST', headers, body: '{}' };
    expect((await surehook.operator(`/api/v1/dead-letters/agent/${id}/replay`, replay)).status).toBe(202);
    const task = await alice.until(id, (task) => task.status === 'completed' && isCalledBack(task));
    expect([task.result, task.error]).toEqual(['mended', null]);
    expect(hook.requests().map((request) => bodyOf(request).status)).toEqual(['error', 'completed']);
    expect(new Set(hook.requests().map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect((await surehook.operator(`/api/v1/dead-letters/agent/${id}`)).status).toBe(409);
  });

  it('that broke and was discarded is still shown to its client', async () => {
    receiver.answerAll('/mend', 500);
    const id = await alice.begin('mendable', {});
    await alice.untilStatus(id, 'error');
    await waitFor(
      () => surehook.operator(`/api/v1/dead-letters/agent/${id}`),
      ({ status }) => status === 200,
    );
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const discard = { method: 'POST', headers, body: '{"reason":"of no use"}' };
    expect((await surehook.operator(`/api/v1/dead-letters/agent/${id}/discard`, discard)).status).toBe(202);
    expect(await alice.task(id)).toMatchObject({ status: 'error', error: { code: 'task:Error' } });
  });

  it('that runs past its limit has broken, and is not tried again', async () => {
    const id = await alice.begin('endless', {});
    const task = await alice.untilStatus(id, 'error');
    expect(task).toMatchObject({ error: { code: 'timeout' } });
    expect(begins(id)).toEqual(['endless']);
  });

  it('shows how far it is while it runs', async () => {
    const id = await alice.begin('count', { to: 10 });
    const task = await alice.until(id, ({ progress }) => (progress?.percent ?? 0) > 0);
    expect(task).toMatchObject({
      status: 'processing',
      progress: { message: expect.stringMatching(/^counted to/) },
    });
    await alice.untilStatus(id, 'completed');
  });

  it('is canceled in the middle: the work stops, and the client is told', async () => {
    const hook = newHook();
    const id = await alice.begin('count', { to: 1_000, ...hook.fields });
    await alice.until(id, ({ progress }) => progress !== null);
    expect((await alice.call('POST', `/agent/tasks/${id}/cancel`)).status).toBe(202);
    const task = await alice.until(id, (task) => task.status === 'canceled' && isCalledBack(task));
    expect(task.error).toBe(null);
    expect(hook.requests().map(bodyOf)).toMatchObject([{ task_id: id, status: 'canceled' }]);
    const again = await alice.call('POST', `/agent/tasks/${id}/cancel`);
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { code: 'task_ended', task_status: 'canceled' },
    ]);
  });
});

describe('a task that asks', () => {
  it('calls back with its question, and goes on with the answer', async () => {
    const hook = newHook();
    const id = await alice.begin('confirm', { what: 'the moon', ...hook.fields });
    const asks = await alice.until(id, (task) => task.status === 'input_required' && isCalledBack(task));
    expect(asks.input_request).toMatchObject({ name: 'sure', question: 'Delete the moon?' });
    const wrong = await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { yes: 'perhaps' } });
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { code: 'invalid_answer', detail: expect.stringMatching(/^answer\.yes: /) },
    ]);
    expect((await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { yes: true } })).status).toBe(
      202,
    );
    await alice.until(id, ({ input_request }) => input_request?.name === 'why');
    await alice.call('POST', `/agent/tasks/${id}/input`, { name: 'why', answer: { reason: 'because' } });
    const done = await alice.until(id, (task) => task.status === 'completed' && isCalledBack(task));
    expect(done.result).toEqual({ deleted: 'the moon', reason: 'because' });
    expect(hook.requests().map((request) => bodyOf(request).status)).toEqual([
      'input_required',
      'input_required',
      'completed',
    ]);
    expect(new Set(hook.requests().map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });

  it('may ask several things at once, and goes on when all are answered', async () => {
    const id = await alice.begin('both', {});
    const asks = await alice.untilStatus(id, 'input_required');
    expect(asks.input_requests.map(({ name }) => name)).toEqual(['a', 'b']);
    const unnamed = await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { value: 1 } });
    expect([unnamed.status, await unnamed.json()]).toMatchObject([400, { code: 'bad_request' }]);
    await alice.call('POST', `/agent/tasks/${id}/input`, { name: 'a', answer: { value: 1 } });
    await alice.until(id, ({ input_requests }) => input_requests.length === 1);
    await alice.call('POST', `/agent/tasks/${id}/input`, { name: 'b', answer: { value: 2 } });
    expect((await alice.untilStatus(id, 'completed')).result).toEqual({ sum: 3 });
  });

  it('refuses an answer to what it does not ask', async () => {
    const id = await alice.begin('confirm', { what: 'x' });
    await alice.untilStatus(id, 'input_required');
    const answer = await alice.call('POST', `/agent/tasks/${id}/input`, { name: 'other', answer: 1 });
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'invalid_answer' }]);
    const echo = await alice.begin('echo', { text: 'x' });
    await alice.untilStatus(echo, 'completed');
    const ended = await alice.call('POST', `/agent/tasks/${echo}/input`, { answer: 1 });
    expect([ended.status, await ended.json()]).toMatchObject([409, { code: 'task_ended' }]);
  });
});

describe('an idempotency key', () => {
  it('gives the same answer again, and begins one task, also with two requests at once', async () => {
    const key = { 'idempotency-key': `"${newId('key')}"` };
    const body = JSON.stringify({ text: 'once' });
    const both = await Promise.all([1, 2].map(() => alice.call('POST', '/agent/echo', body, key)));
    for (const response of both) expect([202, 409]).toContain(response.status);
    const [first] = both.filter(({ status }) => status === 202) as [Response];
    const accepted = (await first.json()) as { task_id: string };
    const again = await alice.call('POST', '/agent/echo', body, key);
    expect([again.status, await again.json()]).toEqual([202, accepted]);
    await alice.untilStatus(accepted.task_id, 'completed');
    expect(begins(accepted.task_id)).toEqual(['once']);
  });

  it('is refused for another body, and belongs to its client alone', async () => {
    const key = { 'idempotency-key': newId('key') };
    const id = await alice.begin('echo', { text: 'one' }, key);
    const other = await alice.call('POST', '/agent/echo', { text: 'two' }, key);
    expect([other.status, await other.json()]).toMatchObject([422, { code: 'idempotency_conflict' }]);
    const bob = new AgentClient(surehook, CLIENT_KEYS.bob);
    expect(await bob.begin('echo', { text: 'two' }, key)).not.toBe(id);
  });
});

describe('a client', () => {
  it('sees its own tasks only, with each of its keys', async () => {
    const id = await alice.begin('echo', { text: 'mine' });
    await alice.untilStatus(id, 'completed');
    const bob = new AgentClient(surehook, CLIENT_KEYS.bob);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { webhook_secret: 'another-secret' }],
      ['POST', '/cancel', undefined],
      ['POST', '/input', { answer: 1 }],
    ] as const) {
      const response = await bob.call(method, `/agent/tasks/${id}${path}`, body);
      expect([response.status, await response.json()]).toMatchObject([404, { code: 'task_not_found' }]);
    }
    const nextKey = new AgentClient(surehook, CLIENT_KEYS.aliceNext);
    expect(await nextKey.task(id)).toMatchObject({ task_id: id });
    const listed = await waitFor(
      () => alice.list('?type=echo&limit=200'),
      ({ items }) => items.some(({ task_id, status }) => task_id === id && status === 'completed'),
    );
    expect(listed.items.length).toBeGreaterThan(0);
    const ofBob = await bob.list('?limit=200');
    expect(ofBob.items.map(({ task_id }) => task_id)).not.toContain(id);
  });

  it.each([
    ['no key', undefined],
    ['a wrong key', 'Bearer key-of-alice-012345678'],
    ['the key of nobody', 'Bearer undefined'],
    ['another scheme', `Basic ${CLIENT_KEYS.alice}`],
  ])('with %s gets 401', async (_what, authorization) => {
    for (const path of ['/agent/echo', '/agent/tasks', '/deliveries']) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const response = await fetch(surehook.publicUrl + path, { method: 'POST', headers, body: '{}' });
      expect([response.status, await response.json()]).toMatchObject([401, { code: 'unauthorized' }]);
    }
  });

  it.each([
    ['echo', {}, 'invalid_input', /^text: /],
    ['echo', { text: 7 }, 'invalid_input', /^text: /],
    ['nothing', {}, 'unknown_task_type', /there are: .*echo/],
    ['echo', { text: 'x', webhook_url: 'https://example.com/' }, 'bad_request', /^webhook_secret: /],
    ['echo', { text: 'x', webhook_secret: SECRET }, 'bad_request', /^webhook_url: /],
    [
      'echo',
      { text: 'x', webhook_url: 'https://10.0.0.1/', webhook_secret: SECRET },
      'url_not_allowed',
      /^webhook_url: /,
    ],
    [
      'echo',
      { text: 'x', webhook_url: 'https://example.com/', webhook_secret: 'short' },
      'bad_request',
      /^webhook_secret: /,
    ],
    ['echo', '{', 'invalid_json', /JSON/],
    ['echo', '[]', 'bad_request', /object/],
  ])('that asks for %s with %j gets %s', async (type, body, code, detail) => {
    const response = await alice.call('POST', `/agent/${type}`, body);
    const problem = (await response.json()) as { code: string; detail: string };
    expect([problem.code, problem.detail]).toEqual([code, expect.stringMatching(detail)]);
  });
});
