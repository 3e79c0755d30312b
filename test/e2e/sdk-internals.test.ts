// Tests undocumented behaviour of Temporal's SDK that no other test covers; docs/dependencies.md has the whole ledger.
import { createRequire } from 'node:module';
import { Client, Connection, ServiceError } from '@temporalio/client';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type ActivityInput, PROCESS_EVENT, type StepOutcome } from '../../src/contracts/event.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { isRawBody, type RawBody } from '../../src/payloads/raw-body.ts';
import { createDataConverter } from '../../src/temporal/data-converter.ts';
import { GRPC, grpcCodeOf } from '../../src/temporal/grpc-code.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { parseMetrics, sampleOf } from '../support/metrics-page.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook, TOKEN } from '../support/surehook.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/**
 * The copy of the module that the SDK loads by its path. The converter would not recognise bodies of Vitest's
 * copy.
 */
const native: { RawBody: typeof RawBody } = createRequire(import.meta.url)('../../src/payloads/raw-body.ts');
const temporalAddress = inject('temporalAddress');
let receiver: Receiver;
let surehook: Surehook;
let client: Client;

const start = async (address = temporalAddress) =>
  await Surehook.start({
    role: 'serve',
    temporalAddress: address,
    taskQueue: newId('queue'),
    env: { RECEIVER_URL: receiver.url },
  });

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  receiver = await Receiver.start();
  surehook = await start();
  const connection = await Connection.connect({ address: temporalAddress });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await client.connection.close();
  await surehook.stop();
  await receiver.stop();
});

/** Sends an event whose delivery waits for a minute, in Temporal's backoff. @returns its id */
async function sendWaiting(): Promise<string> {
  const event_id = newId();
  receiver.script('/first', event_id, [{ status: 503, headers: { 'retry-after': '60' } }]);
  await surehook.send({ event_id, type: 'forwarded' });
  await surehook.untilEvent(
    'partner',
    event_id,
    ({ deliveries: [first] }) => first?.attempts[0]?.status_code === 503,
  );
  return event_id;
}

it('the SDK logs each end of a workflow in the sentences that Surehook counts', async () => {
  const closed = async () => {
    const page = parseMetrics(await (await surehook.operator('/metrics')).text());
    const of = (status: string) =>
      sampleOf(page, 'surehook_events_closed_total', { source: 'partner', status });
    return [of('processed'), of('failed'), of('discarded'), of('canceled')];
  };
  await surehook.send({ event_id: newId(), type: 'handled' });
  const letters = new DeadLetters(surehook, receiver);
  await letters.discard(await letters.make(), { reason: 'a test' });
  const headers = { authorization: `Bearer ${TOKEN}` };
  await surehook.operator(`/api/v1/events/partner/${await sendWaiting()}/cancel`, {
    method: 'POST',
    headers,
  });
  expect(await waitFor(closed, (counts) => counts.every((count) => count === 1))).toEqual([1, 1, 1, 1]);
});

it("the SDK asks Node for its promise hook in Surehook's workflow thread, and so keeps no stack traces", async () => {
  const event_id = await sendWaiting();
  const trace = await client.workflow.getHandle(`partner:${event_id}`).query<string>('__stack_trace');
  expect(trace).not.toContain('processEvent');
});

it('the SDK logs retried calls under one target, by which Surehook logs one line for many', async () => {
  const proxy = await TcpProxy.start(temporalAddress);
  const cutOff = await start(proxy.address);
  const lines = () => cutOff.logLines().filter(({ component }) => component === 'temporal');
  try {
    await proxy.stop();
    await waitFor(() => lines().some(({ target }) => target === 'temporalio_client::retry'));
  } finally {
    await cutOff.stop('SIGKILL');
  }
});

it("the SDK's client wraps gRPC's error as the cause of its own, over either kind of connection", async () => {
  const connection = await NativeConnection.connect({ address: temporalAddress });
  for (const one of [client, new Client({ connection })]) {
    const error = await one.workflow.count('no query').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceError);
    expect(grpcCodeOf(error)).toBe(GRPC.INVALID_ARGUMENT);
  }
  await connection.close();
});

it('the SDK gives the codec the use of a payload, so that a local activity gets the body unencrypted', async () => {
  const codec = new EncryptionCodec([{ id: 'k1', key: Buffer.alloc(32, 'k1') }]);
  const contexts: (SerializationContext | undefined)[] = [];
  const watched: PayloadCodec = {
    encode: async (payloads: Payload[], context) => {
      if (payloads.some(isRawBody)) contexts.push(context);
      return await codec.encode(payloads, context);
    },
    decode: async (payloads, context) => await codec.decode(payloads, context),
  };
  const handleEvent = async ({ step }: ActivityInput, body: RawBody): Promise<StepOutcome> => ({
    step,
    status: 'succeeded',
    attempts: [],
    result: Buffer.from(body.bytes).toString(),
  });
  const [connection, taskQueue] = [
    await NativeConnection.connect({ address: temporalAddress }),
    newId('queue'),
  ];
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath: new URL('../../dist/workflow-bundle.js', import.meta.url).pathname },
    activities: { handleEvent },
    dataConverter: createDataConverter(watched),
  });
  const event_id = newId();
  const event = {
    source: 'partner',
    event_id,
    event_type: 'a',
    received_at: new Date().toISOString(),
    headers: {},
  };
  const input = { ...event, steps: [{ step: 'handler', timeout_ms: 1_000 }] };
  const result = await worker.runUntil(
    client.workflow.execute(PROCESS_EVENT, {
      workflowId: `partner:${event_id}`,
      taskQueue,
      args: [input, new native.RawBody(Buffer.from('{}'), 'json/plain')],
    }),
  );
  await connection.close();
  expect(result).toMatchObject({ status: 'processed', steps: [{ result: '{}' }] });
  expect(contexts).toMatchObject([{ type: 'activity', isLocal: true }]);
});
