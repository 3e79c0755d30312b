// Tests what an operator sees of the tasks of all clients, by API, command, Web UI and alert, and how tasks are stopped.
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ViewOf } from '../../src/api/http/route.ts';
import type { listAllTasksRoute } from '../../src/api/operator/tasks/list-all-tasks.ts';
import type { OperatorTaskView } from '../../src/api/operator/tasks/operator-task-view.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from '../support/agent-client.ts';
import { webhookAlert } from '../support/alert-formats.ts';
import { runSurehook } from '../support/command.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

type TaskPage = ViewOf<typeof listAllTasksRoute>;

const SECRET = 'the-secret-of-alice';
let receiver: Receiver;
let surehook: Surehook;
let client: Client;
let alice: AgentClient;
let bob: AgentClient;

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'operator-tasks',
    config: 'operator-tasks',
    env: {
      RECEIVER_URL: receiver.url,
      SUFFIX: `-${newId('t').replace('_', '-')}`,
      SUREHOOK_API_KEYS: API_KEYS,
      SUREHOOK_ALLOW_LOOPBACK_URLS: 'true',
      SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '1000',
      TEMPORAL_UI_URL: 'https://temporal.example.com',
    },
  });
  [alice, bob] = [new AgentClient(surehook), new AgentClient(surehook, CLIENT_KEYS.bob)];
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
});

const hookAt = (path: string) => ({ webhook_url: receiver.url + path, webhook_secret: SECRET });
const show = async (id: string) =>
  (await (await surehook.operator(`/api/v1/tasks/${id}`)).json()) as OperatorTaskView;
const until = (id: string, isDone: (task: OperatorTaskView) => boolean) => waitFor(() => show(id), isDone);
const list = async (query: string) =>
  (await (await surehook.operator(`/api/v1/tasks?${query}`)).json()) as TaskPage;
const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

async function run(...args: string[]) {
  const env = { SUREHOOK_OPERATOR_URL: surehook.operatorUrl, SUREHOOK_OPERATOR_TOKEN: TOKEN };
  return await runSurehook(args, env);
}

describe('an operator', () => {
  it('sees a task of any client, with its input, its workflow and the events that call back', async () => {
    const id = await bob.begin('echo', { text: 'hello', ...hookAt('/bob') });
    const task = await until(id, ({ callbacks }) => callbacks[0]?.status === 'delivered');
    expect(task).toMatchObject({
      task_id: id,
      client: 'bob',
      task_type: 'echo',
      status: 'completed',
      input: { text: 'hello' },
      result: { text: 'hello' },
      work: [{ round: 1, status: 'succeeded', outcome: 'done', attempts: [{ attempt: 1 }] }],
      callbacks: [{ id: 'own', event_id: `${id}.own.1`, url: `${receiver.url}/bob`, status: 'delivered' }],
      notices: [{ status: 'completed', event_ids: [`${id}.own.1`] }],
      workflow_id: `agent:${id}`,
      web_ui_url: expect.stringMatching(
        new RegExp(
          `^https://temporal.example.com/namespaces/default/workflows/agent%3A${id}/[0-9a-f-]+/history$`,
        ),
      ),
    });
    expect(JSON.stringify(task)).not.toContain(SECRET);
  });

  it('sees why the work broke, attempt by attempt, which the client does not', async () => {
    const id = await alice.begin('break', {});
    const task = await until(id, ({ status }) => status === 'error');
    const attempt = {
      error: 'task:RangeError',
      message: 'the password of the database is wrong',
      stack: expect.stringContaining('tasks.config.ts'),
    };
    expect(task.work).toMatchObject([{ round: 1, status: 'failed', attempts: [attempt, attempt, attempt] }]);
    expect(JSON.stringify(await alice.task(id))).not.toContain('password');
    const { stdout } = await run('tasks', 'show', id);
    expect(stdout).toContain('      the password of the database is wrong\n');
    expect(stdout).toContain(`Replay:  surehook dead-letters replay agent ${id}\n`);
    expect((await run('dead-letters', 'list', '--source', 'agent', '--step', 'work:1')).stdout).toContain(id);
  });

  it('sees an attempt while it runs, and what a task asks in which round', async () => {
    const counting = await alice.begin('count', { to: 1_000 });
    const running = await until(counting, ({ work }) => work[0]?.attempts[0]?.running === true);
    expect(running).toMatchObject({ status: 'processing', work: [{ status: 'running' }] });
    await surehook.operator(`/api/v1/tasks/${counting}/cancel`, { method: 'POST', headers });
    const asking = await alice.begin('confirm', { what: 'the moon', ...hookAt('/asked') });
    const asks = await until(
      asking,
      ({ status, notices }) => status === 'input_required' && notices.length > 0,
    );
    expect(asks.work).toMatchObject([{ status: 'succeeded', outcome: 'asks' }]);
    await alice.call('POST', `/agent/tasks/${asking}/input`, { answer: { yes: false } });
    const no = await until(asking, ({ status }) => status === 'failed');
    expect(no.work).toMatchObject([{ outcome: 'asks' }, { round: 2, outcome: 'no' }]);
    expect(no.notices.map(({ status, event_ids }) => [status, event_ids])).toEqual([
      ['input_required', [`${asking}.own.1`]],
      ['failed', [`${asking}.own.2`]],
    ]);
  });

  it('stops a task of any client, whose client is told', async () => {
    const id = await bob.begin('count', { to: 1_000, ...hookAt('/stopped') });
    await until(id, ({ work }) => work[0]?.status === 'running');
    const stopped = await surehook.operator(`/api/v1/tasks/${id}/cancel`, { method: 'POST', headers });
    expect([stopped.status, await stopped.json()]).toEqual([
      202,
      { status: 'canceling', task_id: id, client: 'bob' },
    ]);
    const task = await until(id, ({ callbacks }) => callbacks[0]?.status === 'delivered');
    expect(task).toMatchObject({ status: 'canceled', work: [{ status: 'canceled' }] });
    const again = await surehook.operator(`/api/v1/tasks/${id}/cancel`, { method: 'POST', headers });
    expect([again.status, await again.json()]).toMatchObject([
      409,
      { code: 'task_ended', task_status: 'canceled' },
    ]);
  });

  it('sees a task that somebody has terminated in Temporal as canceled, with its callbacks', async () => {
    const id = await bob.begin('count', { to: 1_000, ...hookAt('/terminated') });
    await until(id, ({ progress }) => progress !== null);
    await client.workflow.getHandle(`agent:${id}`).terminate('by hand');
    const task = await until(id, ({ status }) => status === 'canceled');
    expect(task).toMatchObject({
      completed_at: expect.any(String),
      work: [{ status: 'canceled' }],
      callbacks: [{ url: `${receiver.url}/terminated`, status: 'pending', event_id: null }],
    });
  });

  it.each(['task_0123456789abcdef0123456789abcdef', 'nonsense'])('gets 404 for %s', async (id) => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const answer = await surehook.operator(`/api/v1/tasks/${id}${path}`, { method, headers });
      expect([answer.status, await answer.json()]).toMatchObject([404, { code: 'task_not_found' }]);
    }
  });
});

describe('the list of tasks', () => {
  it('has those of all clients, page by page, and keeps to its filters', async () => {
    const since = new Date().toISOString();
    const ids = [await alice.begin('echo', { text: 'a' }), await bob.begin('echo', { text: 'b' })];
    ids.push(await bob.begin('refuse', {}));
    await Promise.all(ids.map((id) => until(id, ({ completed_at }) => completed_at !== null)));
    const query = `since=${since}`;
    const all = await waitFor(
      () => list(query),
      ({ items }) =>
        ids.every((id) => items.some((item) => item.task_id === id && item.completed_at !== null)),
    );
    expect(all.items.find(({ task_id }) => task_id === ids[2])).toEqual({
      task_id: ids[2],
      task_type: 'refuse',
      client: 'bob',
      status: 'failed',
      created_at: expect.any(String),
      completed_at: expect.any(String),
      workflow_id: `agent:${ids[2]}`,
    });
    const idsOf = ({ items }: TaskPage) => items.map(({ task_id }) => task_id);
    expect(idsOf(await list(`${query}&client=alice`))).toEqual([ids[0]]);
    expect(idsOf(await list(`${query}&type=refuse`))).toEqual([ids[2]]);
    expect(idsOf(await list(`${query}&client=bob&status=completed`))).toEqual([ids[1]]);
    expect(idsOf(await list(`${query}&until=${since}`))).toEqual([]);
    const first = await list(`${query}&limit=2`);
    const second = await list(`${query}&limit=2&cursor=${first.next_cursor}`);
    expect(new Set([...idsOf(first), ...idsOf(second)])).toEqual(new Set(ids));
  });

  it.each([
    ['client=nobody', 'client: there is no client nobody; there are: alice, bob'],
    ['type=nothing', 'type: there is no task type nothing; there are: '],
    ['status=done', 'status: '],
    ['cursor=AAAA', 'cursor: expected the next_cursor of the page before'],
  ])('refuses %s', async (query, detail) => {
    const answer = await surehook.operator(`/api/v1/tasks?${query}`);
    const problem = (await answer.json()) as { code: string; detail: string };
    expect([answer.status, problem.code]).toEqual([400, 'invalid_parameter']);
    expect(problem.detail).toContain(detail);
  });
});

describe('surehook tasks', () => {
  it('lists, shows and cancels tasks', async () => {
    const id = await alice.begin('count', { to: 1_000, ...hookAt('/cli') });
    await until(id, ({ progress }) => progress !== null);
    const listed = await waitFor(
      () => run('tasks', 'list', '--client', 'alice', '--type', 'count', '--since', '1h'),
      ({ stdout }) => stdout.includes(id),
    );
    expect(listed.stdout).toMatch(/^CREATED +CLIENT +TYPE +TASK ID +STATUS\n/);
    expect(listed.stdout).toMatch(new RegExp(`alice +count +${id} +processing`));
    const shown = await run('tasks', 'show', id);
    expect(shown.stdout).toMatch(/^Client: +alice$/m);
    expect(shown.stdout).toMatch(/^Progress: \d+ %, counted to \d+$/m);
    expect(shown.stdout).toMatch(/^Work: running\n {3}1 {2}\S+ {2}running, for /m);
    expect(shown.stdout).toContain(`Cancel:  surehook tasks cancel ${id}`);
    const canceled = await run('tasks', 'cancel', id);
    expect(canceled.stdout).toBe(`Cancellation requested. See: surehook tasks show ${id}\n`);
    await until(id, ({ status }) => status === 'canceled');
    const json = await run('tasks', 'show', id, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ task_id: id, status: 'canceled' });
    const again = await run('tasks', 'cancel', id);
    expect([again.code, again.stderr]).toEqual([1, `surehook: task ${id} has ended: it is canceled\n`]);
  });

  it('shows what a task asks, and says when there is nothing to list', async () => {
    const id = await alice.begin('confirm', { what: 'the moon' });
    await until(id, ({ status }) => status === 'input_required');
    const { stdout } = await run('tasks', 'show', id);
    expect(stdout).toContain('Asks:     sure: Delete the moon?');
    expect(stdout).toContain('Work: succeeded, and the task asked its client');
    expect((await run('tasks', 'list', '--until', '2020-01-01T00:00:00Z')).stdout).toBe('No tasks match.\n');
    expect((await run('tasks', 'list', '--json', '--until', '2020-01-01T00:00:00Z')).stdout).toBe(
      '{\n  "items": [],\n  "next_cursor": null\n}\n',
    );
    const wrong = await run('tasks', 'list', '--client', 'nobody');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      'surehook: client: there is no client nobody; there are: alice, bob\n',
    ]);
    expect((await run('tasks', 'list', '--help')).stdout).toContain('--client <name>');
  });
});

describe('a callback and a delivery', () => {
  it('that fail for good are dead letters that show where they went, and raise alerts', async () => {
    receiver.answerAll('/gone', 410);
    const id = await alice.begin('echo', { text: 'x', ...hookAt('/gone') });
    const sent = await alice.call('POST', '/deliveries', {
      ...hookAt('/gone'),
      event_type: 'invoice.paid',
      payload: { amount: 5 },
    });
    const { delivery_id } = (await sent.json()) as { delivery_id: string };
    const task = await until(id, ({ callbacks }) => callbacks[0]?.status === 'failed');
    expect(task).toMatchObject({ status: 'completed', result: { text: 'x' } });
    const eventId = task.callbacks[0]?.event_id as string;
    await surehook.untilEvent('delivery', delivery_id, ({ status }) => status === 'failed');
    for (const [source, event] of [
      ['callback', eventId],
      ['delivery', delivery_id],
    ] as const) {
      expect(await surehook.event(source, event)).toMatchObject({ target_url: `${receiver.url}/gone` });
      const { stdout } = await run('events', 'show', source, event);
      expect(stdout).toContain(`Goes to:  ${receiver.url}/gone`);
      expect(stdout).not.toContain(SECRET);
      const letter = await run('dead-letters', 'show', source, event);
      expect(letter.stdout).toContain(`Goes to:  ${receiver.url}/gone`);
      const listed = await run('dead-letters', 'list', '--source', source, '--step', 'deliver:callback');
      expect(listed.stdout).toContain(event);
      expect((await run('events', 'list', '--source', source)).stdout).toContain(event);
    }
    expect((await run('tasks', 'show', id)).stdout).toContain(
      `Replay:  surehook dead-letters replay callback ${eventId}`,
    );
    const sourcesAt = (path: string) =>
      receiver.requests
        .filter((request) => request.path === path)
        .flatMap(
          ({ body }) => webhookAlert.parse(JSON.parse(body.toString())).data.dead_letter?.sources ?? [],
        )
        .map(({ source }) => source);
    const everything = () => new Set(sourcesAt('/alerts-of-everything'));
    await waitFor(() => everything().has('callback') && everything().has('delivery'));
    await waitFor(() => sourcesAt('/alerts-of-callbacks').length > 0);
    await waitFor(() => sourcesAt('/alerts-of-deliveries').length > 0);
    expect(new Set(sourcesAt('/alerts-of-callbacks'))).toEqual(new Set(['callback']));
    expect(new Set(sourcesAt('/alerts-of-deliveries'))).toEqual(new Set(['delivery']));
  });

  it('that nobody knows are not found, without a word of sources', async () => {
    const missing = await run('events', 'show', 'callback', 'nope');
    expect(missing.stderr).toBe('surehook: there is no event nope of source callback\n');
    expect((await run('events', 'list', '--source', 'agent')).stdout).toContain('surehook tasks list');
  });
});

describe('the Web UI', () => {
  const detailsOf = async (id: string) => {
    const metadata = client.workflow.getHandle(`agent:${id}`).query('__temporal_workflow_metadata');
    return ((await metadata) as { currentDetails?: string }).currentDetails ?? '';
  };

  it('says what a task is, how far it is, and how to stop it', async () => {
    const id = await alice.begin('count', { to: 1_000 });
    const details = await waitFor(
      () => detailsOf(id),
      (text) => text.includes('counted to'),
    );
    expect(details).toMatch(/^Task count of client alice: it is being worked on \(since \S+\)\.\n/);
    expect(details).toMatch(/It has come this far:\n\n {4}\d+ %, counted to \d+\n/);
    expect(details).toContain(`    surehook tasks cancel ${id}`);
    await run('tasks', 'cancel', id);
    await waitFor(
      () => detailsOf(id),
      (text) => text.startsWith('Task count of client alice: it is canceled'),
    );
  });

  it('says what a task asks, and which workflow tells the client', async () => {
    const id = await alice.begin('confirm', { what: '# the *moon*\nand more', ...hookAt('/ui') });
    await until(id, ({ status, notices }) => status === 'input_required' && notices.length > 0);
    const details = await detailsOf(id);
    expect(details).toContain('it waits for an answer of its client');
    expect(details).toContain('It asks:\n\n    sure: Delete # the *moon*\n\n');
    expect(details).toContain(`    callback:${id}.own.1  input_required`);
  });

  it('says why a task said no, and why one broke', async () => {
    const [no, broke] = [await alice.begin('refuse', {}), await alice.begin('break', {})];
    await until(no, ({ status }) => status === 'failed');
    expect(await detailsOf(no)).toContain('it has said no');
    expect(await detailsOf(no)).toContain('    document_encrypted: the document is encrypted\n');
    await until(broke, ({ status }) => status === 'error');
    expect(await detailsOf(broke)).toContain(
      '    work:1 failed after 3 attempts: task:RangeError\n      the password of the database is wrong\n',
    );
  });
});
