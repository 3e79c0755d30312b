// Tests unusual ends of dead letters: their runs are deleted or cancelled, or more steps fail than Temporal lists.
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

/** The ids of the events in the alerts of this kind. */
function alerted(kind: string): string[] {
  const alerts = receiver.requests.filter(({ path }) => path === '/alerts');
  const tallies = alerts.flatMap(({ body }) => JSON.parse(body.toString()).data[kind]?.sources ?? []);
  return tallies.flatMap(({ examples }) => examples.map(({ event_id }: { event_id: string }) => event_id));
}

async function makeDead(event_id = newId()): Promise<string> {
  receiver.script('/one', event_id, [410, 200]);
  expect(await send(event_id, 'one')).toBe(202);
  await waitFor(() => isListed(event_id));
  return event_id;
}

it('an event whose failed run was deleted by hand is a dead letter again when it is resent and fails', async () => {
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
  await waitFor(isGone, Boolean, 110_000); // Temporal deletes a run only after a while
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

it('a cancelled event that is resent and succeeds is not alerted as recovered: it was no dead letter', async () => {
  const [canceled, dead] = [newId(), newId()];
  receiver.script('/one', canceled, [503, 200]);
  expect(await send(canceled, 'one')).toBe(202);
  await waitFor(() => receiver.of(canceled).length === 1);
  expect(await cancel(canceled)).toBe(202);
  await surehook.untilEvent(source, canceled, ({ status }) => status === 'canceled');
  expect(await send(canceled, 'one')).toBe(202);
  await surehook.untilEvent(source, canceled, ({ status }) => status === 'processed');
  // A dead letter recovers after that event: once it is alerted, every earlier alert has come.
  await makeDead(dead);
  expect(await letters.replay(dead, {}, source)).toMatchObject({ status: 202 });
  await waitFor(() => alerted('recovered').includes(dead));
  expect(alerted('recovered')).not.toContain(canceled);
});

it('a replayed event that is cancelled before a worker gets it is cancelled, and no dead letter', async () => {
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
    await waitFor(() => alerted('discarded').includes(event_id)); // so that an incident can close
    await worker.stop();
  } finally {
    await api.stop();
  }
});

it('an event whose replay succeeds while it is being cancelled is processed, and has recovered', async () => {
  const event_id = newId();
  receiver.script('/late', event_id, [410, { status: 200, delayMs: 1_500 }]);
  expect(await send(event_id, 'late')).toBe(202);
  await waitFor(() => isListed(event_id));
  expect(await letters.replay(event_id, {}, source)).toMatchObject({ status: 202 });
  await waitFor(() => receiver.of(event_id).length === 2);
  expect(await cancel(event_id)).toBe(202);
  const event = await surehook.untilEvent(source, event_id, ({ closed_at }) => closed_at !== null);
  expect(event.status).toBe('processed');
  await waitFor(() => alerted('recovered').includes(event_id));
});

it('an event that 40 endpoints refuse is a dead letter that lists as many of them as Temporal can', async () => {
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
