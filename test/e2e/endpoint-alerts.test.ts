// When an endpoint's workflow tells of an outage, and of its end: what workers report comes from here, with the times that it needs.
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Raise } from '../../src/contracts/alert.ts';
import {
  BREAKER_SIGNAL,
  type BreakerReport,
  type BreakerSignal,
  ENDPOINT_BREAKER,
} from '../../src/contracts/endpoint.ts';
import type { endpointBreaker } from '../../src/workflows/endpoint-breaker.ts';
import { DATA_CONVERTER, newId } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const MINUTE_MS = 60_000;
const taskQueue = newId('endpoint-alerts');
let connection: Connection;
let native: NativeConnection;
let client: Client;
let worker: Worker;
let running: Promise<void>;
const raised: Raise[] = [];

beforeAll(async () => {
  const address = inject('temporalAddress');
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
  worker = await Worker.create({
    connection: native,
    taskQueue,
    dataConverter: DATA_CONVERTER,
    workflowBundle: {
      codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)),
    },
    activities: { raiseAlerts: async (raise: Raise) => void raised.push(raise) },
  });
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await native.close();
  await connection.close();
});

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

function report(given: Partial<BreakerReport>): BreakerReport {
  const common = { failures: 10, last_error: 'http_503', next_probe_at: ago(0), held: 1 };
  return { state: 'open', since: ago(0), reported_at: ago(0), ...common, ...given };
}

type Args = Parameters<typeof endpointBreaker>;

/** One endpoint, and what is told of it. */
async function startBreaker(...[reports = {}, alerting = {}]: [Args[1]?, Args[2]?]) {
  const endpoint = newId('endpoint');
  const handle: WorkflowHandle = await client.workflow.start(ENDPOINT_BREAKER, {
    workflowId: `endpoint:${endpoint}`,
    taskQueue,
    args: [endpoint, reports, alerting],
  });
  const signal = async (worker: string, given: Partial<BreakerReport>) => {
    const signal: BreakerSignal = { worker, report: report(given), alert_after_ms: 5 * MINUTE_MS };
    await handle.signal(BREAKER_SIGNAL, signal);
  };
  const told = () => raised.filter(({ source }) => source === endpoint).map(({ kind }) => kind);
  const untilTold = async (...kinds: string[]) => {
    await waitFor(() => told().length >= kinds.length);
    expect(told()).toEqual(kinds);
  };
  return { handle, signal, untilTold, told };
}

/** Of one that no worker speaks of yet: it would end at once. */
const FRESH = { w0: report({ state: 'closed', since: ago(MINUTE_MS) }) };

it('one that has been down for long enough is told of once, and its end when a worker has found it up', async () => {
  const { signal, untilTold } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10 * MINUTE_MS), held: 3 });
  await untilTold('endpoint_down');
  await signal('w1', { since: ago(10 * MINUTE_MS), held: 4 });
  await signal('w1', { state: 'half_open', since: ago(10 * MINUTE_MS) });
  await signal('w1', { state: 'closed', held: 0 });
  await untilTold('endpoint_down', 'endpoint_up');
  const [down, up] = raised.slice(-2);
  expect(down).toMatchObject({ errors: ['http_503'], event_id: '' });
  expect(up?.run_id).toBe(down?.run_id);
});

it('one that is back in time is not told of, nor is a worker that has nothing to try it with', async () => {
  const { signal, untilTold } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10_000), held: 3 });
  await signal('w1', { state: 'closed', since: ago(5_000), held: 0 });
  // It opened ten minutes ago, and has had no delivery since.
  await signal('w2', { since: ago(10 * MINUTE_MS), held: 0 });
  // And then one that is held: the first thing that is told.
  await signal('w3', { since: ago(9 * MINUTE_MS), held: 1, last_error: 'timeout' });
  await untilTold('endpoint_down');
  expect(raised.at(-1)?.errors).toEqual(['timeout']);
});

it('one of which nobody speaks any more is not up for that: it is told of an hour later', async () => {
  const { handle, signal, untilTold, told } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10 * MINUTE_MS) });
  await untilTold('endpoint_down');
  // Both are gone for longer than a report is believed.
  await signal('w0', { state: 'closed', since: ago(MINUTE_MS), reported_at: ago(10 * MINUTE_MS) });
  await signal('w1', { since: ago(10 * MINUTE_MS), reported_at: ago(10 * MINUTE_MS) });
  const reported = async () => (await handle.describe()).memo?.workers;
  await waitFor(reported, (workers) => Object.keys(workers ?? {}).length === 0);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(told()).toEqual(['endpoint_down']);

  const silent = await startBreaker({}, { told: 'an-outage', silent_since: Date.now() - 61 * MINUTE_MS });
  await silent.handle.result();
  await silent.untilTold('endpoint_up');
});
