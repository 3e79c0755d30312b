// One task made by each of the three faces, and seen alike by all three.
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectA2A, toSend, toWire } from '../support/a2a-client.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { callMcp } from '../support/mcp-client.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let receiver: Receiver;
let surehook: Surehook;
let alice: AgentClient;

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'tasks',
    env: {
      RECEIVER_URL: receiver.url,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
    },
  });
  alice = new AgentClient(surehook);
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
});

const input = { what: 'the moon' };
const a2a = async () => await connectA2A(surehook.publicUrl, CLIENT_KEYS.alice, 'HTTP+JSON');

/** How each face begins a task. @returns its id */
const BEGIN: Record<string, () => Promise<string>> = {
  'the own API': async () => await alice.begin('confirm', input),
  A2A: async () => {
    const configuration = { returnImmediately: true };
    const sent = toSend({ skill: 'confirm', data: input, configuration });
    return toWire(await (await a2a()).sendMessage(sent)).id as string;
  },
  MCP: async () => {
    const { result } = await callMcp(surehook, 'tools/call', { name: 'confirm', arguments: input });
    return String(result?.taskId);
  },
};

/** How each face answers the question that is open. */
const ANSWER: Record<string, (id: string) => Promise<unknown>> = {
  'the own API': async (id) =>
    await alice.call('POST', `/agent/tasks/${id}/input`, { answer: { yes: false } }),
  A2A: async (taskId) => {
    const configuration = { returnImmediately: true };
    return await (await a2a()).sendMessage(toSend({ taskId, data: { sure: { yes: false } }, configuration }));
  },
  MCP: async (taskId) =>
    await callMcp(surehook, 'tasks/update', {
      taskId,
      inputResponses: { sure: { action: 'accept', content: { yes: false } } },
    }),
};

/** The state as each face has it. */
async function statesOf(id: string) {
  const own = (await alice.task(id)).status;
  const task = toWire(await (await a2a()).getTask({ tenant: '', id, historyLength: undefined }));
  const mcp = (await callMcp(surehook, 'tasks/get', { taskId: id })).result;
  return { own, a2a: task.status?.state, mcp: mcp?.status };
}

const FACES = Object.keys(BEGIN);

it.each(FACES.flatMap((begun, i) => [[begun, FACES[(i + 1) % FACES.length] as string]]))(
  'a task that was begun by %s and answered by %s is the same for all three',
  async (begun, answered) => {
    const id = await (BEGIN[begun] as () => Promise<string>)();
    await alice.untilStatus(id, 'input_required');
    expect(await statesOf(id)).toEqual({
      own: 'input_required',
      a2a: 'TASK_STATE_INPUT_REQUIRED',
      mcp: 'input_required',
    });
    await (ANSWER[answered] as (id: string) => Promise<unknown>)(id);
    await alice.untilStatus(id, 'failed');
    expect(
      await waitFor(
        () => statesOf(id),
        ({ mcp }) => mcp !== 'working',
      ),
    ).toEqual({
      own: 'failed',
      a2a: 'TASK_STATE_FAILED',
      mcp: 'completed',
    });
    const listed = await waitFor(
      () => alice.list('?type=confirm&limit=200'),
      ({ items }) => items.some(({ task_id, status }) => task_id === id && status === 'failed'),
    );
    expect(listed.items.length).toBeGreaterThan(0);
  },
);
