// Dead letters at the edges: their runs deleted or cancelled, or more steps failed than Temporal lists.
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const suffix = `-${newId('e').replace('_', '-')}`;
const source = `ends${suffix}`;
const taskQueue = newId('ends');
let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;
let client: Client;

const start = async (role: 'serve' | 'api' | 'worker', queue = taskQueue) =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue: queue,
    config: 'ends',
    env: { RECEIVER_URL: receiver.url, SUFFIX: suffix },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  receiver.answerAll('/refusing', 410);
  surehook = await start('serve');
  letters = new DeadLetters(surehook, receiver);
  client = new Client({ connection: await Connection.connect({ address: inject('temporalAddress') }) });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
});

const send = async (event_id: string, type: string, to = surehook) =>
  (await to.send({ event_id, type }, source)).status;
const isListed = (event_id: string) => letters.isListed(event_id, source);
const cancel = async (event_id: string, on = surehook) => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await on.operator(`/api/v1/events/${source}/${event_id}/cancel`, { method: 'POST', headers }))
    .status;
};

/** The events of which the alert route has told this. */
function told(kind: string): string[] {
  const alerts = receiver.requests.filter(({ path }) => path === '/alerts');
  const tallies = alerts.flatMap(({ body }) => JSON.parse(body.toString()).data[kind]?.sources ?? []);
  return tallies.flatMap(({ examples }) => examples.map((one: { event_id: string }) => one.event_id));
}

async function makeDead(event_id = newId()): Promise<string> {
  receiver.script('/one', event_id, [410, 200]);
  expect(await send(event_id, 'one')).toBe(202);
  await waitFor(() => isListed(event_id));
  return event_id;
}

it('one whose failed run was deleted by hand, sent again and failing again, is a dead letter again', async () => {
  const event_id = await makeDead();
  const workflowId = `${source}:${event_id}`;
  const handle = client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const namespace = 'default';
  await client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: { workflowId, runId },
  });
  const isGone = () =>
    handle.describe().then(
      () => false,
      () => true,
    );
  await waitFor(isGone, Boolean, 110_000); // Temporal takes its time
  receiver.script('/one', event_id, [410, 200]);
  expect(await send(event_id, 'one')).toBe(202);
  await waitFor(() => isListed(event_id));
  expect(await letters.count({ source })).toBe(1);
  const item = (await letters.list({ source })).find((one) => one.event_id === event_id);
  expect(item?.run_id).not.toBe(runId);
  expect(await letters.replay(event_id, {}, source)).toMatchObject({ status: 202 });
  await surehook.untilEvent(source, event_id, ({ status }) => status === 'processed');
  await waitFor(async () => (await letters.count({ source })) === 0);
}, 180_000);

it('an event that was cancelled, and is sent again with success, has not recovered: it was no dead letter', async () => {
  const [canceled, dead] = [newId(), newId()];
  receiver.script('/one', canceled, [503, 200]);
  expect(await send(canceled, 'one')).toBe(202);
  await waitFor(() => receiver.of(canceled).length === 1);
  expect(await cancel(canceled)).toBe(202);
  await surehook.untilEvent(source, canceled, ({ status }) => status === 'canceled');
  expect(await send(canceled, 'one')).toBe(202);
  await surehook.untilEvent(source, canceled, ({ status }) => status === 'processed');
  // One that was dead, after it: with its recovery, all that could be told has been.
  await makeDead(dead);
  expect(await letters.replay(dead, {}, source)).toMatchObject({ status: 202 });
  await waitFor(() => told('recovered').includes(dead));
  expect(told('recovered')).not.toContain(canceled);
});

it('one that is replayed, and cancelled before any worker had it, is cancelled, and no dead letter', async () => {
  const event_id = await makeDead();
  const nobody = newId('nobody');
  const api = await start('api', nobody);
  try {
    const replay = await new DeadLetters(api, receiver).replay(event_id, {}, source);
    expect(replay).toMatchObject({ status: 202 });
    expect(await cancel(event_id, api)).toBe(202);
    const worker = await start('worker', nobody);
    await surehook.untilEvent(source, event_id, ({ status }) => status === 'canceled');
    await waitFor(async () => (await letters.count({ source })) === 0);
    expect(receiver.of(event_id)).toHaveLength(1);
    await waitFor(() => told('discarded').includes(event_id)); // nobody need wait for it any more
    await worker.stop();
  } finally {
    await api.stop();
  }
});

it('one whose replay succeeds while it is being cancelled is processed, and has recovered', async () => {
  const event_id = newId();
  receiver.script('/late', event_id, [410, { status: 200, delayMs: 1_500 }]);
  expect(await send(event_id, 'late')).toBe(202);
  await waitFor(() => isListed(event_id));
  expect(await letters.replay(event_id, {}, source)).toMatchObject({ status: 202 });
  await waitFor(() => receiver.of(event_id).length === 2);
  expect(await cancel(event_id)).toBe(202);
  const event = await surehook.untilEvent(source, event_id, ({ closed_at }) => closed_at !== null);
  expect(event.status).toBe('processed');
  await waitFor(() => told('recovered').includes(event_id));
});

it('one at which forty endpoints refuse is a dead letter that names them, as many as Temporal lists', async () => {
  const event_id = newId();
  expect(await send(event_id, 'many')).toBe(202);
  await waitFor(() => isListed(event_id));
  const item = (await letters.list({ source })).find((one) => one.event_id === event_id);
  expect(item?.failed_steps.length).toBeGreaterThan(25);
  expect(item?.errors).toEqual(['http_410']);
  const { body } = await letters.show(event_id, source);
  expect(body).toMatchObject({ status: 'failed' });
  expect(body.failed.steps).toHaveLength(40);
  expect(await letters.discard(event_id, { reason: 'a test' }, source)).toMatchObject({ status: 202 });
});
