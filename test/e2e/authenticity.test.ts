// Tests that whoever reaches Temporal without the encryption key cannot make Surehook act, nor wedge a workflow.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CLOSE_SIGNAL } from '../../src/contracts/dead-letter.ts';
import { PROCESS_EVENT, STATUS_QUERY } from '../../src/contracts/event.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, ENCRYPTION_KEYS, KEY, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const taskQueue = newId('queue');
const address = inject('temporalAddress');
let receiver: Receiver;
let surehook: Surehook;
/** Somebody who reaches Temporal and has no key. */
let stranger: Client;
/** As `stranger`, but encrypts under a key that is not Surehook's. */
let strangerWithAKey: Client;
let client: Client;

const IGNORED = 'a signal is ignored';
const NEW_KEY = { id: 'k2', key: Buffer.alloc(32, 'k2') };
const STRANGERS = [
  ['in clear text', () => stranger, 'a payload is not encrypted'],
  ['under a key of his own', () => strangerWithAKey, "a payload is encrypted under key 'k9', which"],
] as const;

const connectWith = (connection: Connection, ...keys: [typeof KEY, ...(typeof KEY)[]]) =>
  new Client({ connection, dataConverter: createDataConverter(new EncryptionCodec(keys)) });

const startSurehook = async (env: Record<string, string> = {}) =>
  await Surehook.start({
    ...{ role: 'serve', temporalAddress: address, taskQueue },
    env: { RECEIVER_URL: receiver.url, ...env },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  surehook = await startSurehook();
  const connection = await Connection.connect({ address });
  stranger = new Client({ connection });
  strangerWithAKey = connectWith(connection, { id: 'k9', key: Buffer.alloc(32, 'k9') });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await surehook.stop();
  await client.connection.close();
  await receiver.stop();
});

async function temporal(...args: string[]): Promise<string> {
  return (await promisify(execFile)(inject('temporalCliPath'), [...args, '--address', address])).stdout;
}

const inputOf = (event_id: string) => ({
  ...{ source: 'partner', event_id, event_type: 'forwarded', headers: {} },
  received_at: new Date().toISOString(),
  steps: [{ step: 'deliver:first', timeout_ms: 1_000 }],
});

/** What Temporal has of a workflow's input. */
async function encryptedInput(workflowId: string): Promise<Payload[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
}

/** Starts an event with payloads as they are. */
async function startWith(workflowId: string, payloads: Payload[]): Promise<void> {
  await client.workflowService.startWorkflowExecution({
    ...{ namespace: 'default', workflowId, requestId: newId(), identity: 'stranger' },
    ...{ workflowType: { name: PROCESS_EVENT }, taskQueue: { name: taskQueue }, input: { payloads } },
  });
}

/** Waits for the end of a run. @returns why it failed */
async function failureOf(workflowId: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId);
  await waitFor(async () => (await handle.describe()).status.name === 'FAILED');
  const error = await handle.result().catch((thrown: unknown) => thrown);
  return String((error as { cause?: Error }).cause?.message);
}

/** A failure that says in its details that the delivery has succeeded. */
const forgedFailure = () =>
  ApplicationFailure.nonRetryable('by hand', 'x', { status: 'succeeded', attempts: [] });

/** An event whose delivery has failed once and waits for a minute. */
async function sendWaiting(): Promise<string> {
  const event_id = newId();
  receiver.script('/first', event_id, [{ status: 503, headers: { 'retry-after': '60' } }, 200]);
  await surehook.send({ event_id, type: 'forwarded' });
  await surehook.untilEvent('partner', event_id, ({ deliveries: [first] }) => first?.attempts.length === 1);
  return event_id;
}

describe('a forged event', () => {
  it('in clear text delivers nothing, fails visibly, and does not stand in the way of the real event', async () => {
    const event_id = newId();
    const workflowId = `partner:${event_id}`;
    await stranger.workflow.start(PROCESS_EVENT, {
      ...{ workflowId, taskQueue },
      args: [inputOf(event_id), { forged: true }],
    });
    expect(await failureOf(workflowId)).toBe(
      'the start of this workflow is refused: a payload is not encrypted',
    );
    expect(receiver.of(event_id)).toEqual([]);
    expect((await surehook.operator(`/api/v1/events/partner/${event_id}`)).status).toBe(404);
    await waitFor(() => surehook.output.includes('a payload is not encrypted'));
    expect((await surehook.send({ event_id, type: 'forwarded' })).status).toBe(202);
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    expect(receiver.of(event_id).length).toBe(1);
  });

  it('without an input fails instead of being tried for ever', async () => {
    const workflowId = `partner:${newId()}`;
    await stranger.workflow.start(PROCESS_EVENT, { workflowId, taskQueue });
    expect(await failureOf(workflowId)).toContain('there is no input');
  });

  it.each([
    ['input and body', (payloads: Payload[]) => payloads],
    ['a body beside an input in clear text', ([, body]: Payload[]) => [{ data: Buffer.from('{}') }, body]],
  ])('made of the encrypted %s of another event delivers nothing', async (_, forge) => {
    const [event_id, forged] = [newId(), newId()];
    await surehook.send({ event_id, type: 'forwarded' });
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
    await startWith(`partner:${forged}`, forge(await encryptedInput(`partner:${event_id}`)) as Payload[]);
    expect(await failureOf(`partner:${forged}`)).toMatch(
      /a payload is (encrypted for another workflow|not enc)/,
    );
    expect([receiver.of(event_id).length, receiver.of(forged).length]).toEqual([1, 0]);
  });

  it('made of its own input and the body of another event delivers nothing', async () => {
    const [event_id, other] = [newId(), newId()];
    for (const id of [event_id, other]) {
      await surehook.send({ event_id: id, type: 'forwarded' });
      await surehook.untilEvent('partner', id, ({ status }) => status === 'processed');
    }
    const [[input], [, body]] = [
      await encryptedInput(`partner:${event_id}`),
      await encryptedInput(`partner:${other}`),
    ];
    await startWith(`partner:${event_id}`, [input as Payload, body as Payload]);
    expect(await failureOf(`partner:${event_id}`)).toContain(
      `encrypted for another workflow, 'partner:${other}'`,
    );
    expect(receiver.of(event_id).length).toBe(1);
  });
});

describe('by hand, without the key,', () => {
  it('a signal is ignored with a log line, and an encrypted one closes the dead letter as ever', async () => {
    const letters = new DeadLetters(surehook, receiver);
    const event_id = await letters.make();
    const id = `dead-letter:partner:${event_id}`;
    const signal = ['workflow', 'signal', '--workflow-id', id, '--name', CLOSE_SIGNAL];
    await temporal(...signal);
    await temporal(...signal, '--input', '{"how":"discarded"}');
    const lines = () => surehook.logLines().filter(({ msg }) => msg === IGNORED);
    await waitFor(() => lines().length === 2);
    expect(lines().map(({ error }) => error)).toEqual(['it has no argument', 'a payload is not encrypted']);
    expect((await client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
    await letters.discard(event_id, { reason: 'a test' });
    await waitFor(async () => (await client.workflow.getHandle(id).describe()).status.name === 'COMPLETED');
  });

  it('a query with an argument is refused, and one without is answered', async () => {
    const event_id = await sendWaiting();
    const query = ['workflow', 'query', '--workflow-id', `partner:${event_id}`, '--type', STATUS_QUERY];
    await expect(temporal(...query, '--input', '1')).rejects.toThrow('querying workflow failed');
    expect(await temporal(...query)).not.toBe('');
    expect(await client.workflow.getHandle(`partner:${event_id}`).query(STATUS_QUERY)).toMatchObject({
      status: 'delivering',
    });
  });

  it('a signal that an event does not know does not keep it from its end', async () => {
    const event_id = await sendWaiting();
    await temporal('workflow', 'signal', '-w', `partner:${event_id}`, '--name', 'x', '--input', '1');
    const headers = { authorization: `Bearer ${TOKEN}` };
    await surehook.operator(`/api/v1/events/partner/${event_id}/retry`, { method: 'POST', headers });
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
  });

  it('a delivery that somebody completes has failed, and is a dead letter with its attempt', async () => {
    const event_id = await sendWaiting();
    const workflowId = `partner:${event_id}`;
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    const activityId = raw.pendingActivities?.[0]?.activityId ?? '';
    const result = '{"step":"deliver:first","status":"succeeded","attempts":[]}';
    await temporal('activity', 'complete', '--activity-id', activityId, '-w', workflowId, '--result', result);
    const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
    expect(event).toMatchObject({
      status: 'failed',
      deliveries: [{ endpoint: 'first', status: 'failed', attempts: [{ status_code: 503 }] }],
    });
    expect(receiver.of(event_id).length).toBe(1);
  });
});

describe.each(STRANGERS)('somebody who writes %s', (_, who, problem) => {
  const pendingOf = async (workflowId: string) => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return raw.pendingActivities?.[0];
  };
  /** The delivery that waits, as the `temporal` command names it. */
  const waitingActivity = async (workflowId: string) => ({
    workflowId,
    activityId: (await pendingOf(workflowId))?.activityId ?? '',
  });
  const retry = async (event_id: string) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    await surehook.operator(`/api/v1/events/partner/${event_id}/retry`, { method: 'POST', headers });
  };

  it('signals a dead letter in vain, and does not keep it from its end', async () => {
    const letters = new DeadLetters(surehook, receiver);
    const event_id = await letters.make();
    const id = `dead-letter:partner:${event_id}`;
    await who().workflow.getHandle(id).signal(CLOSE_SIGNAL, { how: 'discarded' });
    const ignored = () =>
      surehook.logLines().find(({ msg, workflowId }) => msg === IGNORED && workflowId === id);
    await waitFor(() => ignored() !== undefined);
    expect(ignored()?.error).toContain(problem);
    await letters.discard(event_id, { reason: 'a test' });
    await waitFor(async () => (await client.workflow.getHandle(id).describe()).status.name === 'COMPLETED');
  });

  it('updates an event in vain, and does not keep it from its end', async () => {
    const event_id = await sendWaiting();
    const handle = who().workflow.getHandle(`partner:${event_id}`);
    await expect(handle.executeUpdate('x', { args: [{ forged: true }] })).rejects.toThrow();
    await retry(event_id);
    await surehook.untilEvent('partner', event_id, ({ status }) => status === 'processed');
  });

  it('completes a delivery that waits: the event is a dead letter with its attempt', async () => {
    const event_id = await sendWaiting();
    const on = await waitingActivity(`partner:${event_id}`);
    await who().activity.complete(on, { step: 'deliver:first', status: 'succeeded', attempts: [] });
    const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
    expect(event).toMatchObject({
      status: 'failed',
      deliveries: [{ endpoint: 'first', status: 'failed', attempts: [{ status_code: 503 }] }],
    });
    expect(receiver.of(event_id).length).toBe(1);
  });

  it('fails a delivery under way: the event is a dead letter with the attempts before it', async () => {
    const event_id = newId();
    const workflowId = `partner:${event_id}`;
    receiver.script('/first', event_id, [503, 'hang']);
    await surehook.send({ event_id, type: 'forwarded' });
    await waitFor(() => receiver.of(event_id).length === 2);
    const on = await waitingActivity(workflowId);
    await who().activity.fail(on, forgedFailure());
    const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
    expect(event).toMatchObject({
      status: 'failed',
      deliveries: [{ endpoint: 'first', status: 'failed', attempts: [{ status_code: 503 }] }],
    });
    expect(receiver.of(event_id).length).toBe(2);
  });

  it('forges heartbeats: no attempt more than the schedule has, and the event goes on', async () => {
    const event_id = newId();
    const workflowId = `partner:${event_id}`;
    receiver.script('/first', event_id, [503, 'hang', 503]);
    await surehook.send({ event_id, type: 'forwarded' });
    await waitFor(() => receiver.of(event_id).length === 2);
    await who().activity.heartbeat(await waitingActivity(workflowId), { attempts: [], temporal_attempt: 99 });
    await surehook.stop('SIGKILL'); // so that no true heartbeat replaces the forged one
    surehook = await startSurehook();
    const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
    expect(event).toMatchObject({
      status: 'failed',
      deliveries: [{ attempts: [{ status_code: 503 }, { error: 'interrupted' }, { attempt: 3 }] }],
    });
    expect(event.deliveries[0]?.attempts.length).toBe(3);
    expect(receiver.of(event_id).length).toBeLessThanOrEqual(3);
  });
});

it('a signal under a new key that this worker does not have yet waits until the worker has it', async () => {
  const event_id = await new DeadLetters(surehook, receiver).make();
  const id = `dead-letter:partner:${event_id}`;
  const rotated = connectWith(client.connection as Connection, NEW_KEY, KEY);
  await rotated.workflow.getHandle(id).signal(CLOSE_SIGNAL, { how: 'discarded' });
  await waitFor(() => surehook.output.includes("a payload is encrypted under key 'k2', which"));
  await surehook.stop();
  expect(surehook.logLines().filter((line) => line.workflowId === id && line.msg === IGNORED)).toEqual([]);
  const keys = `${NEW_KEY.id}:${NEW_KEY.key.toString('base64')},${ENCRYPTION_KEYS}`;
  surehook = await startSurehook({ SUREHOOK_ENCRYPTION_KEYS: keys });
  expect(await rotated.workflow.getHandle(id).result()).toMatchObject({ how: 'discarded' });
});
