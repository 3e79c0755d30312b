// Tests the count of dead letters on SQLite, which counts by the mark of dead letters, on a Temporal server of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { DEAD_LETTER, type DeadLetterInput } from '../../src/contracts/dead-letter.ts';
import { deadLetterIdOf } from '../../src/contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/search-attributes.ts';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { ANY_DIVISION } from '../../src/temporal/visibility.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const taskQueue = 'dead-letter-count';
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-count-'));
let server: DevServer;
let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;
let client: Client;

beforeAll(async () => {
  const options = { cliPath: inject('temporalCliPath'), stateDir, port: 0, uiPort: 0, inMemory: true };
  server = await startDevServer({ ...options, onExit: () => undefined });
  receiver = await Receiver.start();
  const env = { RECEIVER_URL: receiver.url };
  surehook = await Surehook.start({ role: 'serve', temporalAddress: server.address, taskQueue, env });
  letters = new DeadLetters(surehook, receiver);
  const connection = await Connection.connect({ address: server.address });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Whether the dead letter's row in visibility has the mark, by which SQLite counts. */
const isMarked = async (event_id: string) => {
  const query = `WebhookDeadLetter = 'partner' AND WorkflowId = '${deadLetterIdOf(`partner:${event_id}`)}' AND ${ANY_DIVISION}`;
  return (await client.workflow.count(query)).count === 1;
};
const workflowOf = (event_id: string) => client.workflow.getHandle(deadLetterIdOf(`partner:${event_id}`));

it('the count is the length of the list for each filter', async () => {
  const handled = await letters.make(newId(), 'handled');
  const both = await letters.make(newId(), 'both');
  await letters.make(newId(), 'handled', 'batch');
  const [last] = (await letters.list()).filter(({ event_id }) => event_id === both);
  const since = last?.failed_at ?? '';
  const filters: [count: number, filter: Record<string, string>][] = [
    [3, {}],
    [2, { source: 'partner' }],
    [0, { source: 'slow' }],
    [2, { type: 'handled' }],
    [1, { source: 'partner', type: 'handled' }],
    [3, { error: 'handler:PermanentError' }],
    [2, { source: 'partner', step: 'handler', error: 'handler:PermanentError' }],
    [0, { step: 'deliver:first' }],
    [2, { since }],
    [1, { until: since }],
    [1, { source: 'partner', since }],
  ];
  for (const [count, filter] of filters) {
    expect([filter, await letters.count(filter)]).toEqual([filter, count]);
    expect([filter, (await letters.list(filter)).length]).toEqual([filter, count]);
  }
  expect([await isMarked(handled), await isMarked(both)]).toEqual([true, true]);
  await letters.expectGoneWith(await letters.untilListed(handled), () => letters.replay(handled));
  await letters.expectGoneWith(await letters.untilListed(both), () =>
    letters.discard(both, { reason: 'a test' }),
  );
  expect([await isMarked(handled), await isMarked(both)]).toEqual([false, false]);
  expect(await letters.count()).toBe(1);
});

it('dead letters are counted by the mark, but by type and status with a filter for the event type', async () => {
  const [source, workflowId] = [newId('marked'), newId('not-a-dead-letter')];
  // Surehook marks no other workflow: this marked workflow, which is no dead letter, shows which of the two is counted.
  await client.workflow.start('nobody-knows-it', {
    ...{ workflowId, taskQueue: 'nobody' },
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.deadLetter, value: source },
      { key: SEARCH_ATTRIBUTES.source, value: source },
    ],
  });
  await waitFor(async () => (await letters.count({ source })) === 1);
  expect(await letters.count({ source, type: 'handled' })).toBe(0);
  await client.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
  });
  // Then nobody knows the name any more, and a filter by it is refused.
  await waitFor(async () => !(await letters.count({ source })));
});

it('dead letters without the mark are counted', async () => {
  const before = await letters.count();
  const [source, event_type, run_id] = ['partner', 'both', '00000000-0000-4000-8000-000000000000'];
  const event_id = newId();
  const input: DeadLetterInput = {
    source,
    event_id,
    event_type,
    run_id,
    failed_steps: ['handler'],
    errors: [],
  };
  const handle = await client.workflow.start(DEAD_LETTER, {
    ...{ workflowId: deadLetterIdOf(`partner:${event_id}`), taskQueue, args: [input] },
    typedSearchAttributes: [{ key: SEARCH_ATTRIBUTES.source, value: source }],
  });
  await waitFor(async () => (await letters.count()) === before + 1);
  await waitFor(async () => (await letters.count({ source })) === (await letters.list({ source })).length);
  expect((await handle.describe()).status.name).toBe('COMPLETED'); // the list has closed it, since it has no event
});

it('dead letters that are cancelled or terminated by hand are not counted', async () => {
  const before = await letters.count();
  const [cancelled, terminated] = [await letters.make(), await letters.make()];
  expect(await letters.count()).toBe(before + 2);
  await workflowOf(cancelled).cancel();
  await waitFor(async () => !(await isMarked(cancelled)));
  await waitFor(async () => (await letters.count()) === before + 1);
  await workflowOf(terminated).terminate('by hand');
  await waitFor(async () => (await letters.count()) === before);
});
