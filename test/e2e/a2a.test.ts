// Stories of agent tasks by A2A, told by A2A's own client in JavaScript over both bindings.
import { execFile } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Client } from '@a2a-js/sdk/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type BindingName,
  collect,
  connectA2A,
  toConfig,
  toSend,
  toWire,
  type Wire,
} from '../support/a2a-client.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { type Received, Receiver } from '../support/receiver.ts';
import { newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
/** A worker, and two processes of the API: a client may reach either. */
let [api, other, worker]: Surehook[] = [];
const clients = new Map<string, Client>();

const start = async (role: 'api' | 'worker') =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'a2a',
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
  [api, other, worker] = await Promise.all([start('api'), start('api'), start('worker')]);
  for (const binding of ['JSONRPC', 'HTTP+JSON'] as const) {
    clients.set(`alice ${binding}`, await connectA2A(api?.publicUrl ?? '', CLIENT_KEYS.alice, binding));
    clients.set(`bob ${binding}`, await connectA2A(api?.publicUrl ?? '', CLIENT_KEYS.bob, binding));
    clients.set(`other ${binding}`, await connectA2A(other?.publicUrl ?? '', CLIENT_KEYS.alice, binding));
  }
});

afterAll(async () => {
  await Promise.all([api?.stop(), other?.stop(), worker?.stop()]);
  await receiver.stop();
});

const begins = (taskId: string) => receiver.of(taskId, '/work').map(({ headers }) => headers['x-note']);
const named = (id: string) => ({ tenant: '', id });
const stateOf = (task: Wire) => task.status?.state;
const rpc = async (method: string, params: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${api?.publicUrl}/a2a`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'a2a-version': '1.0',
      authorization: `Bearer ${CLIENT_KEYS.alice}`,
      ...headers,
    },
    body: typeof params === 'string' ? params : JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return { status: response.status, body: (await response.json()) as Wire };
};

describe('the agent card', () => {
  it('is public, names the skills, and is not sent again while it is the same', async () => {
    const response = await fetch(`${api?.publicUrl}/.well-known/agent-card.json`);
    const card = (await response.json()) as Wire;
    expect(card.supportedInterfaces).toEqual([
      { url: `${api?.publicUrl}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: `${api?.publicUrl}/a2a/v1`, protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
    ]);
    expect(card.capabilities).toMatchObject({ streaming: true, pushNotifications: true });
    expect(card.skills).toContainEqual(
      expect.objectContaining({ id: 'echo', description: 'Returns its text', tags: ['task', 'echo'] }),
    );
    const etag = response.headers.get('etag') ?? '';
    expect([etag, response.headers.get('cache-control')]).toEqual([
      expect.any(String),
      'public, max-age=300',
    ]);
    const again = await fetch(response.url, {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
  });
});

describe.each(['JSONRPC', 'HTTP+JSON'] as const)('over %s', (binding: BindingName) => {
  const of = (who: 'alice' | 'bob' | 'other') => clients.get(`${who} ${binding}`) as Client;
  const send = async (message: Parameters<typeof toSend>[0]) =>
    toWire(await of('alice').sendMessage(toSend(message)));
  const get = async (id: string, who: 'alice' | 'bob' | 'other' = 'alice') =>
    toWire(await of(who).getTask(named(id)));

  it('a message is answered with the task once it has ended, and its result as an artifact', async () => {
    const task = await send({ skill: 'echo', data: { text: 'hello' } });
    expect(task).toMatchObject({
      id: expect.stringMatching(/^task_/),
      contextId: task.id,
      status: { state: 'TASK_STATE_COMPLETED', timestamp: expect.stringMatching(/Z$/) },
      artifacts: [
        { artifactId: 'result', parts: [{ data: { text: 'hello' }, mediaType: 'application/json' }] },
      ],
    });
    expect(await get(task.id, 'other')).toEqual(task);
  });

  it('plain text becomes the input of a skill that takes it, and a conversation keeps its id', async () => {
    const contextId = newId('context');
    const task = await send({ skill: 'echo', text: 'in words', contextId });
    expect(task).toMatchObject({ contextId, artifacts: [{ parts: [{ data: { text: 'in words' } }] }] });
    await expect(send({ skill: 'count', text: 'in words' })).rejects.toThrow(/count takes no text/);
  });

  it('a message that is sent twice begins one task, and both answers are of it', async () => {
    const message = { skill: 'echo', data: { text: 'once' }, messageId: randomUUID() };
    const [first, second] = [await send(message), await send(message)];
    expect(second).toEqual(first);
    expect(begins(first.id)).toEqual(['once']);
    await expect(send({ ...message, data: { text: 'twice' } })).rejects.toThrow(/message\.messageId/);
  });

  it('a stream begins with the task, shows progress, and closes with the end', async () => {
    const events = await collect(of('alice').sendMessageStream(toSend({ skill: 'count', data: { to: 4 } })));
    expect(events[0]).toMatchObject({ task: { status: { state: 'TASK_STATE_SUBMITTED' } } });
    const percents = events.flatMap(({ statusUpdate }) => statusUpdate?.metadata?.percent ?? []);
    expect(percents.length).toBeGreaterThan(0);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(events.slice(-2)).toMatchObject([
      { artifactUpdate: { artifact: { artifactId: 'result' }, lastChunk: true } },
      { statusUpdate: { status: { state: 'TASK_STATE_COMPLETED' } } },
    ]);
  });

  it('a subscription at another process sees the same events, in the same order', async () => {
    const task = await send({ skill: 'count', data: { to: 8 }, configuration: { returnImmediately: true } });
    const [here, there] = await Promise.all([
      collect(of('alice').resubscribeTask(named(task.id))),
      collect(of('other').resubscribeTask(named(task.id))),
    ]);
    for (const events of [here, there]) {
      expect(events[0]).toMatchObject({ task: { id: task.id } });
      expect(stateOf(events.at(-1)?.statusUpdate)).toBe('TASK_STATE_COMPLETED');
    }
    const shared = Math.min(here.length, there.length) - 1;
    expect(here.slice(-shared)).toEqual(there.slice(-shared));
    await expect(collect(of('alice').resubscribeTask(named(task.id)))).rejects.toThrow(/has ended/);
  });

  it('a task that asks is answered by text or data, by whichever process, and goes on', async () => {
    const asked = await send({ skill: 'confirm', data: { what: 'it' } });
    expect(asked.status).toMatchObject({
      state: 'TASK_STATE_INPUT_REQUIRED',
      message: {
        role: 'ROLE_AGENT',
        parts: [{ text: 'Delete it?' }, { data: { questions: [{ name: 'sure' }] } }],
      },
    });
    const taskId = asked.id;
    await expect(send({ taskId, data: { sure: { yes: 'perhaps' } } })).rejects.toThrow(/answer\.yes/);
    await expect(send({ taskId, contextId: 'another', data: {} })).rejects.toThrow(/contextId/);
    const next = await send({ taskId, data: { sure: { yes: true } } });
    expect(next.status.message.parts[0]).toEqual({ text: 'Why?' });
    const done = toWire(
      await of('other').sendMessage(toSend({ taskId, data: { why: { reason: 'it is old' } } })),
    );
    expect(done).toMatchObject({
      id: taskId,
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ data: { deleted: 'it', reason: 'it is old' } }] }],
    });
    await expect(send({ taskId, data: { why: {} } })).rejects.toThrow(/has ended/);
  });

  it('a task that says no has failed with its code; one that breaks tells nothing of the inside', async () => {
    const refused = await send({ skill: 'refuse', data: {} });
    expect(refused.status).toMatchObject({
      state: 'TASK_STATE_FAILED',
      message: { parts: [{ text: 'the document is encrypted' }], metadata: { code: 'document_encrypted' } },
    });
    const broken = await send({ skill: 'break', data: {} });
    expect(stateOf(broken)).toBe('TASK_STATE_FAILED');
    expect(JSON.stringify(broken)).not.toContain('password');
  });

  it('a task is cancelled while it works and while it asks, and not after its end', async () => {
    const working = await send({
      skill: 'count',
      data: { to: 100 },
      configuration: { returnImmediately: true },
    });
    await waitFor(async () => stateOf(await get(working.id)) === 'TASK_STATE_WORKING');
    await of('alice').cancelTask({ ...named(working.id), metadata: undefined });
    await waitFor(async () => stateOf(await get(working.id)) === 'TASK_STATE_CANCELED');
    const asking = await send({ skill: 'confirm', data: { what: 'it' } });
    const canceled = await of('alice').cancelTask({ ...named(asking.id), metadata: undefined });
    expect(stateOf(toWire(canceled))).toBe('TASK_STATE_CANCELED');
    await expect(of('alice').cancelTask({ ...named(asking.id), metadata: undefined })).rejects.toThrow(
      /has ended/,
    );
  });

  it('another client finds nothing of a task', async () => {
    const { id } = await send({ skill: 'confirm', data: { what: 'it' } });
    const bob = of('bob');
    const calls: (() => Promise<unknown>)[] = [
      () => bob.getTask(named(id)),
      () => bob.cancelTask({ ...named(id), metadata: undefined }),
      () => bob.sendMessage(toSend({ taskId: id, data: { sure: { yes: true } } })),
      () => collect(bob.resubscribeTask(named(id))),
      () => bob.createTaskPushNotificationConfig(toConfig({ taskId: id, url: receiver.url })),
      () => bob.listTaskPushNotificationConfig({ tenant: '', taskId: id, pageSize: 0, pageToken: '' }),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ name: expect.stringContaining('TaskNotFound') });
    const { tasks } = await bob.listTasks(toList({}));
    expect(tasks.map((task) => task.id)).not.toContain(id);
  });

  it('a list is sorted by the time of the status, in pages, with their sum', async () => {
    const contextId = newId('context');
    const first = await send({ skill: 'confirm', data: { what: '1' }, contextId });
    const second = await send({ skill: 'echo', data: { text: '2' }, contextId });
    const third = await send({ skill: 'refuse', data: {}, contextId });
    await send({ taskId: first.id, data: { sure: { yes: false } } });
    const page = async (more: Parameters<typeof toList>[0]) =>
      await of('alice').listTasks(toList({ contextId, ...more }));
    const expected = [first.id, third.id, second.id];
    const whole = await waitFor(
      () => page({ includeArtifacts: true }),
      ({ tasks }) => JSON.stringify(tasks.map(({ id }) => id)) === JSON.stringify(expected),
    );
    expect(whole).toMatchObject({ totalSize: 3, pageSize: 50, nextPageToken: '' });
    expect(toWire(whole.tasks[2] as never).artifacts).toMatchObject([{ artifactId: 'result' }]);
    const one = await page({ pageSize: 2 });
    const two = await page({ pageSize: 2, pageToken: one.nextPageToken });
    expect([one, two].map(({ tasks }) => tasks.map(({ id }) => id))).toEqual([
      expected.slice(0, 2),
      [second.id],
    ]);
    expect([one.totalSize, two.nextPageToken]).toEqual([3, '']);
    expect(one.tasks.map((task) => task.contextId)).toEqual([contextId, contextId]);
    const failed = await page({ status: 4 });
    expect(failed.tasks.map(({ id }) => id)).toEqual([first.id, third.id]);
    const later = await page({ statusTimestampAfter: third.status.timestamp });
    expect(later.tasks.map(({ id }) => id)).toEqual([first.id, third.id]);
    await expect(page({ pageToken: 'abcd' })).rejects.toThrow(/cursor/);
  });

  it('push notifications carry the token and the credentials, are signed, and can be taken back', async () => {
    const [path, removed] = [`/${newId('push')}`, `/${newId('push')}`];
    const token = newId('token-of-alice');
    const task = await send({
      skill: 'confirm',
      data: { what: 'it' },
      configuration: {
        taskPushNotificationConfig: {
          id: 'first',
          url: receiver.url + path,
          token,
          authentication: { scheme: 'Bearer', credentials: 'of-the-agent' },
        },
      },
    });
    const config = await of('alice').createTaskPushNotificationConfig(
      toConfig({ taskId: task.id, id: 'zweite Adresse/2', url: receiver.url + removed }),
    );
    const all = { tenant: '', taskId: task.id, pageSize: 0, pageToken: '' };
    const { configs } = await of('other').listTaskPushNotificationConfig(all);
    expect(configs.map(({ id, url }) => [id, url])).toEqual([
      ['first', receiver.url + path],
      ['zweite Adresse/2', receiver.url + removed],
    ]);
    const name = { tenant: '', taskId: task.id, id: config.id };
    expect(await of('alice').getTaskPushNotificationConfig(name)).toEqual(config);
    await of('alice').deleteTaskPushNotificationConfig(name);
    await of('alice').deleteTaskPushNotificationConfig(name);
    await expect(of('alice').getTaskPushNotificationConfig(name)).rejects.toThrow(
      /no push notification config/,
    );
    await send({ taskId: task.id, data: { sure: { yes: false } } });
    const pushes = () => receiver.requests.filter((request) => request.path === path);
    await waitFor(() => pushes().length === 2);
    expect(receiver.requests.filter((request) => request.path === removed)).toEqual([]);
    const [asks, ends] = pushes().map(({ body }) => JSON.parse(body.toString()));
    expect(asks).toMatchObject({
      statusUpdate: { taskId: task.id, contextId: task.id, status: { state: 'TASK_STATE_INPUT_REQUIRED' } },
    });
    expect(ends).toMatchObject({ task: { id: task.id, status: { state: 'TASK_STATE_FAILED' } } });
    const { headers, body } = pushes()[0] as Received;
    expect(headers).toMatchObject({
      'content-type': 'application/a2a+json',
      authorization: 'Bearer of-the-agent',
      'x-a2a-notification-token': token,
      'a2a-notification-token': token,
      'webhook-signature': expect.stringMatching(/^v1,/),
      'x-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
    });
  });

  it('push notification configs of a task that has ended are kept, and one to a private address is refused', async () => {
    const { id: taskId } = await send({ skill: 'echo', data: { text: 'x' } });
    const create = async (id: string) =>
      await of('alice').createTaskPushNotificationConfig(
        toConfig({ taskId, id, url: `${receiver.url}/late` }),
      );
    const [config, later] = [await create('late'), await create('later')];
    const name = { tenant: '', taskId, id: 'late' };
    expect(await of('other').getTaskPushNotificationConfig(name)).toEqual(config);
    await of('alice').deleteTaskPushNotificationConfig(name);
    expect(await of('other').getTaskPushNotificationConfig({ ...name, id: 'later' })).toEqual(later);
    await expect(of('other').getTaskPushNotificationConfig(name)).rejects.toThrow(/no push/);
    await expect(
      of('alice').createTaskPushNotificationConfig(toConfig({ taskId, url: 'https://10.0.0.1/x' })),
    ).rejects.toThrow(/10\.0\.0\.1 is/);
  });

  it('one task is seen alike by A2A and by the own API', async () => {
    const alice = new AgentClient(api as Surehook);
    const id = await alice.begin('confirm', { what: 'it' });
    await alice.untilStatus(id, 'input_required');
    await send({ taskId: id, data: { sure: { yes: false } } });
    const own = await alice.untilStatus(id, 'failed');
    const task = await get(id);
    expect(task.status).toMatchObject({ state: 'TASK_STATE_FAILED', timestamp: own.completed_at });
    expect(task.status.message.parts[0].text).toBe(own.error?.message);
  });
});

function toList(given: {
  contextId?: string;
  status?: number;
  pageSize?: number;
  pageToken?: string;
  statusTimestampAfter?: string;
  includeArtifacts?: boolean;
}) {
  return { tenant: '', contextId: '', status: 0, pageToken: '', statusTimestampAfter: undefined, ...given };
}

describe('what is refused', () => {
  it('without a key is refused before it is read', async () => {
    expect((await rpc('GetTask', { id: 'x' }, { authorization: 'Bearer no' })).status).toBe(401);
    const rest = await fetch(`${api?.publicUrl}/a2a/v1/tasks`, { headers: { 'a2a-version': '1.0' } });
    expect(rest.status).toBe(401);
  });

  it('has the code that A2A gives it', async () => {
    const code = async (method: string, params: unknown, headers = {}) =>
      (await rpc(method, params, headers)).body.error?.code;
    const message = (more: object) => ({
      message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ data: { text: 'x' } }], ...more },
    });
    expect(await code('GetTask', { id: 'task_x' })).toBe(-32001);
    expect(await code('SendMessage', message({ taskId: 'task_x' }))).toBe(-32001);
    expect(await code('SendMessage', message({}))).toBe(-32602);
    expect(await code('SendMessage', message({ metadata: { skillId: 'none' } }))).toBe(-32602);
    expect(await code('SendMessage', message({ metadata: { skillId: 'echo' }, parts: [{ data: {} }] }))).toBe(
      -32602,
    );
    expect(await code('SendMessage', message({ parts: [{ url: 'https://example.com/' }] }))).toBe(-32602);
    expect(
      await code('SendMessage', message({ metadata: { skillId: 'echo' }, parts: [{ raw: 'eA==' }] })),
    ).toBe(-32005);
    expect(await code('GetExtendedAgentCard', {})).toBe(-32007);
    expect(await code('GetTask', { id: 'x' }, { 'a2a-version': '' })).toBe(-32009);
    expect(await code('GetTask', { id: 'x' }, { 'a2a-version': '2.0' })).toBe(-32009);
    expect(await code('GetTask', { id: 'x' }, { 'a2a-version': '1.0.1' })).toBe(-32001);
    expect(await code('NoMethod', {})).toBe(-32601);
    expect(await code('', '{"jsonrpc":"2.0",')).toBe(-32700);
    expect(await code('', JSON.stringify({ jsonrpc: '2.0', id: '\u001b[2J', method: 'GetTask' }))).toBe(
      -32600,
    );
  });

  it('names the skills when a message names none of several', async () => {
    const { body } = await rpc('SendMessage', {
      message: { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'hello' }] },
    });
    expect(body.error.message).toContain('echo, count, refuse');
  });
});

describe('a stream', () => {
  it('ends when its process stops, and goes on at another one', async () => {
    const third = await start('api');
    const alice = await connectA2A(third.publicUrl, CLIENT_KEYS.alice, 'HTTP+JSON');
    const asked = toWire(await alice.sendMessage(toSend({ skill: 'confirm', data: { what: 'it' } })));
    const stream = alice.resubscribeTask(named(asked.id));
    await stream.next();
    const began = performance.now();
    await Promise.all([third.stop(), collect(stream)]);
    expect(performance.now() - began).toBeLessThan(5_000);
    const here = clients.get('alice JSONRPC') as Client;
    const rest = collect(here.resubscribeTask(named(asked.id)));
    await here.sendMessage(toSend({ taskId: asked.id, data: { sure: { yes: false } } }));
    expect(stateOf((await rest).at(-1).statusUpdate)).toBe('TASK_STATE_FAILED');
  });

  it('on which nothing happens outlives the limit of strangers, and is kept alive by comments', async () => {
    const alice = clients.get('alice JSONRPC') as Client;
    const { id } = toWire(await alice.sendMessage(toSend({ skill: 'confirm', data: { what: 'it' } })));
    const { body } = await fetch(`${api?.publicUrl}/a2a/v1/tasks/${id}:subscribe`, {
      headers: { authorization: `Bearer ${CLIENT_KEYS.alice}`, 'a2a-version': '1.0' },
    });
    const began = performance.now();
    let comments = 0;
    for await (const chunk of body ?? []) {
      comments += Buffer.from(chunk).toString().split(': keep-alive\n\n').length - 1;
      if (comments === 5) break; // one each 15 s
    }
    expect([comments, performance.now() - began > 60_000]).toEqual([5, true]);
  }, 150_000);
});

describe('the example', () => {
  it('in TypeScript runs one task', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/a2a-client.ts', 'echo'], {
      env: { SUREHOOK_URL: api?.publicUrl ?? '', SUREHOOK_API_KEY: CLIENT_KEYS.alice },
    });
    expect(stdout).toContain('TASK_STATE_COMPLETED');
  });
});
