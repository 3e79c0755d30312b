// ListTasks of A2A with more tasks than one window of time may hold.
import type { ListTasksResponse } from '@a2a-js/sdk';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectA2A } from '../support/a2a-client.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const TASKS = 450;
const AT_ONCE = 5;
const client = newId('client');
let api: Surehook;

beforeAll(async () => {
  // Without a worker: the tasks stay as they are while they are listed.
  api = await Surehook.start({
    role: 'api',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'a2a-list',
    config: 'tasks',
    env: {
      SUREHOOK_API_KEYS: `${API_KEYS},${client}:${CLIENT_KEYS.alice}-of-lists`,
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '10000',
    },
  });
});

afterAll(async () => {
  await api.stop();
});

/** Sent again while Temporal is behind, as a client would. */
async function begin(own: AgentClient): Promise<string> {
  const headers = { 'idempotency-key': newId('key') };
  const response = await waitFor(
    () => own.call('POST', '/agent/echo', { text: 'x' }, headers),
    ({ status }) => status === 202,
  );
  return ((await response.json()) as { task_id: string }).task_id;
}

it('every task stands on one page, the latest first', async () => {
  const key = `${CLIENT_KEYS.alice}-of-lists`;
  const own = new AgentClient(api, key);
  const ids = (
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const some: string[] = [];
        while (some.length < TASKS / AT_ONCE) some.push(await begin(own));
        return some;
      }),
    )
  ).flat();
  const alice = await connectA2A(api.publicUrl, key, 'HTTP+JSON');
  const page = async (pageToken: string): Promise<ListTasksResponse> =>
    await alice.listTasks({
      tenant: '',
      contextId: '',
      status: 0,
      pageSize: 100,
      pageToken,
      statusTimestampAfter: undefined,
    });
  await waitFor(
    () => page(''),
    ({ totalSize }) => totalSize === TASKS,
  );
  const tasks: ListTasksResponse['tasks'] = [];
  let pageToken = '';
  do {
    const next = await page(pageToken);
    tasks.push(...next.tasks);
    pageToken = next.nextPageToken;
  } while (pageToken !== '');
  expect(tasks.map(({ id }) => id).sort()).toEqual(ids.sort());
  const times = tasks.map(({ status }) => String(status?.timestamp));
  expect(times).toEqual([...times].sort().reverse());
});
