// Tests that whoever reaches Temporal without the encryption key cannot make Surehook act, nor wedge a workflow.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CLOSE_SIGNAL } from '../../src/contracts/dead-letter.ts';
import { PROCESS_EVENT, STATUS_QUERY } from '../../src/contracts/event.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const taskQueue = newId('queue');
const address = inject('temporalAddress');
let receiver: Receiver;
let surehook: Surehook;
/** Somebody who reaches Temporal and has no key. */
let stranger: Client;
let client: Client;

beforeAll(async () => {
  receiver = await Receiver.start();
  const env = { RECEIVER_URL: receiver.url };
  surehook = await Surehook.start({ role: 'serve', temporalAddress: address, taskQueue, env });
  const connection = await Connection.connect({ address });
  stranger = new Client({ connection });
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
    const lines = () => surehook.logLines().filter(({ msg }) => msg === 'a signal is ignored');
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
