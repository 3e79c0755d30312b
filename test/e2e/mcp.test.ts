// Stories of agent tasks by MCP: with the official clients, and with requests that no such client sends.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@modelcontextprotocol/client';
import { resultFromTaskOutcome } from '@modelcontextprotocol/ext-tasks/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { callMcp, connectMcp, type McpCall, openTaskSession, postMcp, TASKS } from '../support/mcp-client.ts';
import { Receiver } from '../support/receiver.ts';
import { PROJECT, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const PUBLIC_URL = 'https://hooks.example.com';
let receiver: Receiver;
let surehook: Surehook;
let alice: AgentClient;
let client: Client;

const start = async () =>
  await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'mcp',
    config: 'tasks',
    env: {
      RECEIVER_URL: receiver.url,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_PUBLIC_URL: PUBLIC_URL,
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
    },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await start();
  alice = new AgentClient(surehook);
  client = await connectMcp(surehook);
});

afterAll(async () => {
  await client.close();
  await surehook.stop();
  await receiver.stop();
});

const call = async (method: string, params: Record<string, unknown> = {}, options: McpCall = {}) =>
  await callMcp(surehook, method, params, options);
const callTool = async (name: string, input: unknown, options: McpCall = {}) =>
  await call('tools/call', { name, arguments: input }, options);

/** @returns the id of the task */
async function begin(name: string, input: unknown): Promise<string> {
  const { result } = await callTool(name, input);
  expect(result).toMatchObject({ resultType: 'task', taskId: expect.stringMatching(/^task_/) });
  return String(result?.taskId);
}

const get = async (taskId: string) => (await call('tasks/get', { taskId })).result;
const untilStatus = async (taskId: string, status: string) =>
  await waitFor(
    () => get(taskId),
    (task) => task?.status === status,
  );

describe('a client of the Tasks extension', () => {
  it('finds the task types as tools, with the schemas of their input', async () => {
    expect(client.getServerCapabilities()).toEqual({ tools: {}, ...TASKS });
    const { tools } = await client.listTools();
    const echo = tools.find(({ name }) => name === 'echo');
    expect(echo).toMatchObject({
      description: 'Returns its text',
      inputSchema: { type: 'object', properties: { text: { type: 'string', maxLength: 1_000 } } },
    });
  });

  it('gets a handle at once, sees how far the task is, and gets its result', async () => {
    const session = openTaskSession(surehook, client);
    const execution = await session.callTool('count', { to: 4 });
    const messages: (string | undefined)[] = [];
    const { outcome, lastTask } = await execution.settle({
      onEvent: (event) => void (event.type === 'task' && messages.push(event.task.statusMessage)),
    });
    expect(resultFromTaskOutcome(outcome)).toMatchObject({
      content: [{ type: 'text', text: '{"from":0}' }],
      structuredContent: { from: 0 },
    });
    expect(messages).toContainEqual(expect.stringMatching(/^counted to \d$/));
    const own = await alice.task(lastTask?.taskId ?? '');
    expect(own).toMatchObject({ task_type: 'count', status: 'completed', result: { from: 0 } });
    await session.close();
  });

  it('is asked by elicitations, and its answers go to the task', async () => {
    const answers: Record<string, object> = { 'Delete all?': { yes: true }, 'Why?': { reason: 'it is old' } };
    const session = openTaskSession(surehook, client, async (request) => {
      const { message } = request.params as { message: string };
      return { action: 'accept', content: answers[message] } as never;
    });
    const { outcome } = await (await session.callTool('confirm', { what: 'all' })).settle();
    const result = { deleted: 'all', reason: 'it is old' };
    expect(resultFromTaskOutcome(outcome)).toMatchObject({ structuredContent: result });
    await session.close();
  });

  it('cancels its task, and an ended task is acknowledged, too', async () => {
    const taskId = await begin('count', { to: 1_000 });
    const { result } = await call('tasks/cancel', { taskId });
    expect(result).toMatchObject({ resultType: 'complete' });
    await untilStatus(taskId, 'cancelled');
    expect((await alice.task(taskId)).status).toBe('canceled');
    expect((await call('tasks/cancel', { taskId })).result).toMatchObject({ resultType: 'complete' });
  });

  it('learns that a task said no as the error of the tool, and that one broke as a failure', async () => {
    const refused = await untilStatus(await begin('refuse', {}), 'completed');
    expect(refused?.result).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'document_encrypted: the document is encrypted' }],
      structuredContent: { error: { code: 'document_encrypted' } },
    });
    const broke = await untilStatus(await begin('break', {}), 'failed');
    expect(broke?.error).toMatchObject({ code: -32603, data: { code: 'task:RangeError' } });
    expect(JSON.stringify(broke)).not.toContain('password');
  });

  it('sees a task of the own API, and is told how long it will be kept', async () => {
    const taskId = await alice.begin('echo', { text: 'made elsewhere' });
    const task = await untilStatus(taskId, 'completed');
    expect(task).toMatchObject({ taskId, result: { structuredContent: { text: 'made elsewhere' } } });
    expect(task?.ttlMs).toBeGreaterThan(0);
  });

  it('may be the example, which runs one task and prints its result', async () => {
    const args = [join(PROJECT, 'examples/mcp-client.ts'), 'count', '{"to":1}'];
    const env = { SUREHOOK_URL: surehook.publicUrl, SUREHOOK_API_KEY: CLIENT_KEYS.alice };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toMatchObject({ structuredContent: { from: 0 } });
    expect(stderr).toMatch(/^task_[0-9a-f]{32} working/);
  });

  it('goes on with its task after Surehook was restarted', async () => {
    const taskId = await begin('confirm', { what: 'it' });
    await untilStatus(taskId, 'input_required');
    await surehook.stop();
    surehook = await start();
    alice.surehook = surehook;
    await client.close();
    client = await connectMcp(surehook);
    const waiting = await get(taskId);
    expect(waiting?.inputRequests).toEqual({
      sure: {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: 'Delete it?',
          requestedSchema: expect.objectContaining({ type: 'object', required: ['yes'] }),
        },
      },
    });
    await call('tasks/update', {
      taskId,
      inputResponses: { sure: { action: 'accept', content: { yes: false } } },
    });
    const { result } = (await untilStatus(taskId, 'completed')) as { result: object };
    expect(result).toMatchObject({ isError: true, structuredContent: { error: { code: 'not_confirmed' } } });
  });
});

describe('an answer', () => {
  it('that does not fit its question is refused by its field, and the task still waits', async () => {
    const taskId = await begin('confirm', { what: 'it' });
    await untilStatus(taskId, 'input_required');
    const wrong = { sure: { action: 'accept', content: { yes: 'perhaps' } } };
    const { error, status } = await call('tasks/update', { taskId, inputResponses: wrong });
    expect([status, error?.code, error?.message]).toEqual([
      200,
      -32602,
      expect.stringContaining('answer.yes'),
    ]);
    const malformed = await call('tasks/update', { taskId, inputResponses: { sure: true } });
    expect(malformed.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('inputResponses.sure'),
    });
    const missing = await call('tasks/update', { taskId });
    expect(missing.error).toMatchObject({ code: -32602, message: expect.stringContaining('inputResponses') });
    expect((await get(taskId))?.status).toBe('input_required');
    await call('tasks/cancel', { taskId });
  });

  it('to one of two questions leaves the other, and one to none is ignored', async () => {
    const taskId = await begin('both', {});
    await untilStatus(taskId, 'input_required');
    const ofA = { a: { action: 'accept', content: { value: 1 } }, z: { action: 'accept', content: {} } };
    await call('tasks/update', { taskId, inputResponses: ofA });
    expect(Object.keys((await get(taskId))?.inputRequests ?? {})).toEqual(['b']);
    await call('tasks/update', {
      taskId,
      inputResponses: { b: { action: 'accept', content: { value: 2 } } },
    });
    const { result } = (await untilStatus(taskId, 'completed')) as { result: object };
    expect(result).toMatchObject({ structuredContent: { sum: 3 } });
  });

  it('to a question that asks for no object is the one field of the form', async () => {
    const taskId = await begin('pick', {});
    const { inputRequests } = (await untilStatus(taskId, 'input_required')) as { inputRequests: object };
    const answer = expect.objectContaining({ enum: ['red', 'blue'] });
    const requestedSchema = { type: 'object', properties: { answer }, required: ['answer'] };
    expect(inputRequests).toMatchObject({ color: { params: { requestedSchema } } });
    const responseOf = (given: string) => ({ color: { action: 'accept', content: { answer: given } } });
    const { error } = await call('tasks/update', { taskId, inputResponses: responseOf('green') });
    expect(error?.code).toBe(-32602);
    await call('tasks/update', { taskId, inputResponses: responseOf('blue') });
    const { result } = (await untilStatus(taskId, 'completed')) as { result: object };
    expect(result).toMatchObject({ structuredContent: { color: 'blue' } });
  });

  it('that declines cancels the task', async () => {
    const taskId = await begin('confirm', { what: 'it' });
    await untilStatus(taskId, 'input_required');
    await call('tasks/update', { taskId, inputResponses: { sure: { action: 'decline' } } });
    await untilStatus(taskId, 'cancelled');
  });
});

describe('a client without the extension', () => {
  const WITHOUT = { capabilities: {} };
  const required = { code: -32021, data: { requiredCapabilities: TASKS } };
  const untilCanceled = async (type: string, before: number) =>
    await waitFor(
      () => alice.list(`?type=${type}&status=canceled`),
      ({ items }) => items.length > before,
    );
  const countCanceled = async (type: string) =>
    (await alice.list(`?type=${type}&status=canceled`)).items.length;

  it('gets the result in the call', async () => {
    const result = await client.callTool({ name: 'echo', arguments: { text: 'in the call' } });
    expect(result).toMatchObject({ structuredContent: { text: 'in the call' } });
    const { error } = await callTool('break', {}, WITHOUT);
    expect(error).toMatchObject({ code: -32603, data: { code: 'task:RangeError' } });
  });

  it('answers what the task asks by calling again', async () => {
    const asking = await connectMcp(surehook, { capabilities: { elicitation: {} } });
    asking.setRequestHandler('elicitation/create', async ({ params }) => {
      const content: Record<string, string | boolean> =
        params.message === 'Why?' ? { reason: 'it is old' } : { yes: true };
      return { action: 'accept', content };
    });
    const result = await asking.callTool({ name: 'confirm', arguments: { what: 'it' } });
    expect(result).toMatchObject({ structuredContent: { deleted: 'it', reason: 'it is old' } });
    await asking.close();
  });

  it('goes on with no task of another client or of another tool', async () => {
    const taskId = await begin('confirm', { what: 'it' });
    const again = { name: 'confirm', arguments: { what: 'it' }, inputResponses: {}, requestState: taskId };
    const foreign = await call('tools/call', again, { ...WITHOUT, key: CLIENT_KEYS.bob });
    expect(foreign.error?.code).toBe(-32602);
    const other = await call('tools/call', { ...again, name: 'both' }, WITHOUT);
    expect(other.error).toMatchObject({ code: -32602, message: expect.stringContaining('requestState') });
    await call('tasks/cancel', { taskId });
  });

  it('that can answer nothing is told what is missing, and the task that asks is canceled', async () => {
    const before = await countCanceled('both');
    const { status, error } = await callTool('both', {}, WITHOUT);
    expect([status, error]).toEqual([400, expect.objectContaining(required)]);
    await untilCanceled('both', before);
  });

  it('waits 25 s, and a task that takes longer is canceled', async () => {
    const before = await countCanceled('count');
    const { status, error } = await callTool('count', { to: 1_000 }, WITHOUT);
    expect([status, error]).toEqual([400, expect.objectContaining(required)]);
    await untilCanceled('count', before);
  });

  it('that goes away stops the work', async () => {
    const before = await countCanceled('count');
    const gone = new AbortController();
    const called = callTool('count', { to: 1_001 }, { ...WITHOUT, signal: gone.signal });
    called.catch(() => undefined);
    await waitFor(
      () => alice.list('?type=count&status=processing'),
      ({ items }) => items.length > 0,
    );
    gone.abort();
    await untilCanceled('count', before);
  });

  it('may not ask for tasks', async () => {
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const { status, error } = await call(method, { taskId: 'task_x', inputResponses: {} }, WITHOUT);
      expect([status, error]).toEqual([400, expect.objectContaining(required)]);
    }
  });

  it('may be of 2025: it finds the tools, and gets the result in the call', async () => {
    const old = await connectMcp(surehook, { mode: 'legacy' });
    expect((await old.listTools()).tools.length).toBeGreaterThan(5);
    const result = await old.callTool({ name: 'echo', arguments: { text: 'of old' } });
    expect(result).toMatchObject({ content: [{ type: 'text', text: '{"text":"of old"}' }] });
    await old.close();
  });
});

describe('a request is refused', () => {
  it('that has no key or a wrong one', async () => {
    for (const key of ['', 'a-key-of-nobody-0123456789']) {
      const { status, headers } = await callTool('echo', { text: 'x' }, { key });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });

  it('for a task of another client, as for one that does not exist', async () => {
    const taskId = await begin('confirm', { what: 'it' });
    const params = { taskId, inputResponses: { sure: { action: 'accept', content: { yes: true } } } };
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const { error } = await call(method, params, { key: CLIENT_KEYS.bob });
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining(taskId) });
    }
    await untilStatus(taskId, 'input_required');
    await call('tasks/cancel', { taskId });
  });

  it('with an input that does not fit, by a result that names the field', async () => {
    const { status, result } = await callTool('echo', { text: 7 });
    expect([status, result]).toMatchObject([
      200,
      { isError: true, content: [{ text: expect.stringMatching(/^invalid_input: text: /) }] },
    ]);
  });

  it('for a tool that there is not', async () => {
    const { error } = await callTool('nothing', {});
    expect(error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('there is no task type nothing'),
    });
  });

  it('that comes from a page of another site', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const { status } = await call('tools/list', {}, { headers: { origin } });
      expect(status).toBe(403);
    }
    expect((await call('tools/list', {}, { headers: { origin: PUBLIC_URL } })).status).toBe(200);
  });

  it('whose headers differ from its body, or whose version nobody knows', async () => {
    const mismatch = await call('tools/list', {}, { headers: { 'mcp-method': 'tools/call' } });
    expect([mismatch.status, mismatch.error?.code]).toEqual([400, -32020]);
    const name = await call('tasks/get', { taskId: 'task_x' }, { headers: { 'mcp-name': 'task_y' } });
    expect([name.status, name.error?.code]).toEqual([400, -32020]);
    const { status, error } = await call('tools/list', {}, { version: '2031-01-01' });
    expect([status, error]).toEqual([
      400,
      expect.objectContaining({ code: -32022, data: { supported: ['2026-07-28'], requested: '2031-01-01' } }),
    ]);
  });

  it('of a method that is not there, or with a body that is no message', async () => {
    for (const method of ['tasks/list', 'tasks/result', 'prompts/list', 'subscriptions/listen']) {
      const { status, error } = await call(method, { taskId: 'task_x' });
      expect([method, status, error?.code]).toEqual([method, 404, -32601]);
    }
    const { status, error } = await postMcp(surehook.publicUrl, '{"jsonrpc":');
    expect([status, error?.code]).toEqual([400, -32700]);
    const headers = { authorization: `Bearer ${CLIENT_KEYS.alice}` };
    expect((await fetch(`${surehook.publicUrl}/mcp`, { headers })).status).toBe(405);
  });

  it('but a notification is taken', async () => {
    const body = JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 'x' },
    });
    const { status } = await postMcp(surehook.publicUrl, body, {
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'notifications/cancelled' },
    });
    expect(status).toBe(202);
  });
});
