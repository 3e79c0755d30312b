// Tests when an endpoint's workflow alerts an outage and its end; the test itself sends the workers' reports.
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

/** Starts the workflow of a new endpoint. @returns how to signal it, and which kinds of alerts it has raised */
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
  const raisedKinds = () => raised.filter(({ source }) => source === endpoint).map(({ kind }) => kind);
  const untilRaised = async (...kinds: string[]) => {
    await waitFor(() => raisedKinds().length >= kinds.length);
    expect(raisedKinds()).toEqual(kinds);
  };
  return { handle, signal, untilRaised, raisedKinds };
}

/** The first report of a workflow, which without any report would end at once. */
const FRESH = { w0: report({ state: 'closed', since: ago(MINUTE_MS) }) };

it('an endpoint that is down for long enough is alerted once, and again when a worker finds it up', async () => {
  const { signal, untilRaised } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10 * MINUTE_MS), held: 3 });
  await untilRaised('endpoint_down');
  await signal('w1', { since: ago(10 * MINUTE_MS), held: 4 });
  await signal('w1', { state: 'half_open', since: ago(10 * MINUTE_MS) });
  await signal('w1', { state: 'closed', held: 0 });
  await untilRaised('endpoint_down', 'endpoint_up');
  const [down, up] = raised.slice(-2);
  expect(down).toMatchObject({ errors: ['http_503'], event_id: '' });
  expect(up?.run_id).toBe(down?.run_id);
});

it('an endpoint that is back in time is not alerted, nor is one whose worker holds no delivery', async () => {
  const { signal, untilRaised } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10_000), held: 3 });
  await signal('w1', { state: 'closed', since: ago(5_000), held: 0 });
  // This breaker opened ten minutes ago, and its worker has had no delivery since.
  await signal('w2', { since: ago(10 * MINUTE_MS), held: 0 });
  // This worker holds a delivery, which makes the first alert.
  await signal('w3', { since: ago(9 * MINUTE_MS), held: 1, last_error: 'timeout' });
  await untilRaised('endpoint_down');
  expect(raised.at(-1)?.errors).toEqual(['timeout']);
});

it('an endpoint without reports is not taken to be up at once: its end is alerted an hour later', async () => {
  const { handle, signal, untilRaised, raisedKinds } = await startBreaker(FRESH);
  await signal('w1', { since: ago(10 * MINUTE_MS) });
  await untilRaised('endpoint_down');
  // Both reports are older than a report counts.
  await signal('w0', { state: 'closed', since: ago(MINUTE_MS), reported_at: ago(10 * MINUTE_MS) });
  await signal('w1', { since: ago(10 * MINUTE_MS), reported_at: ago(10 * MINUTE_MS) });
  const reported = async () => (await handle.describe()).memo?.workers;
  await waitFor(reported, (workers) => Object.keys(workers ?? {}).length === 0);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(raisedKinds()).toEqual(['endpoint_down']);

  const silent = await startBreaker({}, { told: 'an-outage', silent_since: Date.now() - 61 * MINUTE_MS });
  await silent.handle.result();
  await silent.untilRaised('endpoint_up');
});
