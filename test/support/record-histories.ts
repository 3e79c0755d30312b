// Records the histories that test/workflows/replay.test.ts replays: node test/support/record-histories.ts
// Run it when a workflow gains a path. It keeps histories that exist, since runs like them may still be open.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { EndpointView } from '../../src/api/operator/endpoints/endpoint-view.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { workflowIdOf } from '../../src/contracts/ids.ts';
import { LATE_CALLBACKS_SOURCE } from '../../src/contracts/task.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';
import { connectA2A, toConfig } from './a2a-client.ts';
import { AgentClient, API_KEYS, CLIENT_KEYS } from './agent-client.ts';
import { ROUTING_KEY } from './alerting.ts';
import { type Answer, Receiver } from './receiver.ts';
import { Surehook, TOKEN } from './surehook.ts';
import { waitFor } from './wait-for.ts';

interface Story {
  name: string;
  type: string;
  source?: string;
  script?: Record<string, Answer[]>;
  /** What is done once the event's run has closed, and the status that the event then gets. */
  afterwards?: [
    (
      | 'resend'
      | 'delete-and-resend'
      | 'replay'
      | 'replay-many'
      | 'replay-and-cancel'
      | 'discard'
      | 'reset-to-first'
      | 'reset-to-last'
    ),
    'processed' | 'failed' | 'discarded' | 'canceled',
  ];
  /** The event is cancelled as soon as its handler runs. */
  cancel?: boolean;
  /** The dead letter's history is recorded, not the event's. */
  ofDeadLetter?: boolean;
  /** The dead letter's workflow is cancelled by hand in Temporal. */
  cancelDeadLetter?: boolean;
  /** The job's history is recorded, not the event's. */
  ofJob?: boolean;
}

const STORIES: Story[] = [
  { name: 'no-steps', type: 'nobody-listens' },
  { name: 'handled-and-delivered', type: 'both' },
  { name: 'handler-retried', type: 'handled', script: { '/handler': [500, 500, 200] } },
  { name: 'handler-permanent-error', type: 'both', script: { '/handler': [422] } },
  { name: 'handler-regular-only', type: 'any', source: 'slow' },
  { name: 'delivery-retried', type: 'both', script: { '/first': [500, 500, 200], '/second': [503, 200] } },
  { name: 'one-delivery-dead', type: 'both', script: { '/second': [500] } },
  { name: 'gone', type: 'forwarded', script: { '/first': [410] } },
  {
    name: 'rerun-from-checkpoint',
    type: 'both',
    script: { '/second': [500, 500, 500, 200] },
    afterwards: ['resend', 'processed'],
  },
  { name: 'replayed', type: 'both', script: { '/handler': [422, 200] }, afterwards: ['replay', 'processed'] },
  { name: 'replayed-in-vain', type: 'both', script: { '/handler': [422] }, afterwards: ['replay', 'failed'] },
  { name: 'resent', type: 'both', script: { '/handler': [422, 200] }, afterwards: ['resend', 'processed'] },
  {
    name: 'reset',
    type: 'both',
    script: { '/handler': [422, 200] },
    afterwards: ['reset-to-first', 'processed'],
  },
  {
    name: 'reset-to-its-end',
    type: 'both',
    script: { '/handler': [422] },
    afterwards: ['reset-to-last', 'failed'],
  },
  { name: 'discarded', type: 'both', script: { '/handler': [422] }, afterwards: ['discard', 'discarded'] },
  {
    name: 'dead-letter-closed',
    type: 'both',
    script: { '/handler': [422, 200] },
    afterwards: ['replay', 'processed'],
    ofDeadLetter: true,
  },
  { name: 'dead-letter-open', type: 'both', script: { '/handler': [422] }, ofDeadLetter: true },
  {
    name: 'dead-letter-canceled',
    type: 'both',
    script: { '/handler': [422] },
    cancelDeadLetter: true,
    ofDeadLetter: true,
  },
  {
    name: 'canceled-while-handled',
    type: 'any',
    source: 'slow',
    script: { '/handler': ['hang'] },
    cancel: true,
  },
  {
    name: 'canceled-and-resent',
    type: 'any',
    source: 'slow',
    script: { '/handler': ['hang', 200] },
    cancel: true,
    afterwards: ['resend', 'processed'],
  },
  {
    name: 'replayed-and-canceled',
    type: 'any',
    source: 'slow',
    script: { '/handler': [422, 'hang'] },
    afterwards: ['replay-and-cancel', 'canceled'],
  },
  {
    name: 'failed-again-after-its-run-was-deleted',
    type: 'both',
    script: { '/handler': [422] },
    afterwards: ['delete-and-resend', 'failed'],
  },
  {
    name: 'job',
    type: 'both',
    script: { '/handler': [422, 200] },
    afterwards: ['replay-many', 'processed'],
    ofJob: true,
  },
];

const { path, cacheDir } = loadSettings(process.env);
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-record-'));
const receiver = await Receiver.start();
const cliPath = await findTemporalCli({ path, cacheDir, onProgress: () => undefined });
const ports = { port: 0, uiPort: 0, inMemory: true, searchAttributes: {}, onExit: () => undefined };
const server = await startDevServer({ cliPath, stateDir, ...ports });
const env = { RECEIVER_URL: receiver.url, ROUTING_KEY };
const surehook = await Surehook.start({
  role: 'serve',
  temporalAddress: server.address,
  taskQueue: 'record',
  env,
});

const temporal = (...args: string[]) =>
  execFileSync(cliPath, ['workflow', ...args, '--address', server.address], { encoding: 'utf8' });

function fileOf(name: string): URL {
  return new URL(`../histories/${name}.json`, import.meta.url);
}

function record(workflowId: string, name: string): void {
  const json = temporal('show', '--workflow-id', workflowId, '--output', 'json');
  writeFileSync(fileOf(name), json.replaceAll(`@${hostname()}`, '@recorder'));
  process.stdout.write(`recorded ${name}\n`);
}

/** Records an endpoint that goes down and comes back: a held delivery, and the workflow of the endpoint's breaker. */
async function recordBreaker(): Promise<void> {
  const { address: temporalAddress } = server;
  const start = {
    role: 'serve',
    temporalAddress,
    taskQueue: 'record-breaker',
    env,
    config: 'breaker',
  } as const;
  const surehook = await Surehook.start(start);
  const untilBreaker = async (wanted: string) => {
    const read = async () =>
      (await (await surehook.operator('/api/v1/endpoints/dead')).json()) as EndpointView;
    await waitFor(read, ({ breaker }) => breaker.state === wanted);
  };
  receiver.answerAll('/dead?key=url-secret', 503);
  for (let i = 0; i < 5; i++) await surehook.send({ event_id: `before-${i}`, type: 'dead' });
  await untilBreaker('open');
  await surehook.send({ event_id: 'delivery-held', type: 'dead' });
  await surehook.untilEvent(
    'partner',
    'delivery-held',
    ({ deliveries }) => deliveries[0]?.held !== undefined,
  );
  receiver.answerAll('/dead?key=url-secret', 200);
  await surehook.untilEvent('partner', 'delivery-held', ({ status }) => status === 'processed');
  await untilBreaker('closed');
  record('partner:delivery-held', 'delivery-held');
  record('endpoint:dead', 'endpoint-breaker');
  await surehook.stop();
}

/** Records an endpoint that is down for long enough to raise an alert, and comes back. */
async function recordEndpointAlert(): Promise<void> {
  const { address: temporalAddress } = server;
  const start = { role: 'serve', temporalAddress, taskQueue: 'record-told', env, config: 'breaker' } as const;
  const surehook = await Surehook.start(start);
  const untilAlerts = (times: number) =>
    waitFor(() => receiver.requests.filter(({ path }) => path === '/ops').length === times);
  receiver.answerAll('/told', 503);
  await surehook.send({ event_id: 'endpoint-told', type: 'told' });
  await untilAlerts(1);
  receiver.answerAll('/told', 200);
  await untilAlerts(2);
  record('endpoint:told', 'endpoint-told');
  await surehook.stop();
}

/**
 * Records an incident that is checked twice, since one of two dead letters is still open, and that a discard
 * closes before the third check. The route ends two minutes later.
 */
async function recordRechecked(): Promise<void> {
  const alerting = await Surehook.start({
    ...{ role: 'serve', temporalAddress: server.address, taskQueue: 'record-rechecked', config: 'alerts' },
    env: { ...env, CHANNELS: 'pagerduty' },
  });
  const [stays, recovers] = ['rechecked-stays', 'rechecked-recovers'];
  receiver.script('/handler', recovers, [500, 200]);
  await alerting.send({ event_id: stays, type: 'x' }, 'first');
  await alerting.send({ event_id: recovers, type: 'ask' }, 'first');
  for (const id of [stays, recovers])
    await alerting.untilEvent('first', id, ({ status }) => status === 'failed');
  const untilPaged = (action: string) =>
    waitFor(() => receiver.requests.some(({ body }) => body.includes(`"event_action":"${action}"`)));
  await untilPaged('trigger');
  await alerting.send({ event_id: recovers, type: 'ask' }, 'first');
  await waitFor(() =>
    temporal('show', '--workflow-id', 'alert:pagerduty', '-o', 'json').includes(
      '"startToFireTimeout": "30s"',
    ),
  );
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const path = `/api/v1/dead-letters/first/${stays}/discard`;
  await alerting.operator(path, { method: 'POST', headers, body: '{"reason":"recorded"}' });
  await untilPaged('resolve');
  const { address } = server;
  // The command waits for the route's end, while the receiver goes on answering.
  await promisify(execFile)(cliPath, ['workflow', 'result', '-w', 'alert:pagerduty', '--address', address]);
  record('alert:pagerduty', 'alert-route-rechecked');
  await alerting.stop();
}

async function startTasks(): Promise<Surehook> {
  const keys = { SUREHOOK_API_KEYS: API_KEYS, SUREHOOK_ALLOW_LOOPBACK_URLS: 'true' };
  return await Surehook.start({
    ...{ role: 'serve', temporalAddress: server.address, taskQueue: 'record-tasks', config: 'tasks' },
    env: { ...env, ...keys },
  });
}

/** Records tasks that ask, break or are canceled, and the callback of one whose client moves while it waits. */
async function recordTasks(): Promise<void> {
  const tasks = await startTasks();
  const alice = new AgentClient(tasks);
  const hook = { webhook_url: `${receiver.url}/task`, webhook_secret: 'the-secret-of-alice' };
  const asked = await alice.begin('confirm', { what: 'x', ...hook });
  await alice.until(asked, ({ callbacks }) => callbacks[0]?.status === 'delivered');
  receiver.answerAll('/task', { status: 503, headers: { 'retry-after': '600' } });
  await alice.call('POST', `/agent/tasks/${asked}/input`, { answer: { yes: false } });
  await alice.until(asked, ({ callbacks }) => callbacks[0]?.attempts[0]?.next_attempt_at !== undefined);
  await alice.call('PATCH', `/agent/tasks/${asked}`, { webhook_url: `${receiver.url}/moved` });
  await alice.until(asked, ({ callbacks }) => callbacks[0]?.status === 'delivered');
  record(`agent:${asked}`, 'task-asked');
  record(`callback:${asked}.own.2`, 'callback-moved');
  receiver.answerAll('/task', 200);
  const canceled = await alice.begin('count', { to: 1_000, ...hook });
  await alice.until(canceled, ({ progress }) => progress !== null);
  await alice.call('POST', `/agent/tasks/${canceled}/cancel`);
  await alice.until(canceled, ({ callbacks }) => callbacks[0]?.status === 'delivered');
  record(`agent:${canceled}`, 'task-canceled');
  const broke = await alice.begin('break', hook);
  await tasks.untilEvent('agent', broke, ({ status }) => status === 'failed');
  record(`agent:${broke}`, 'task-broken');
  await tasks.stop();
}

/**
 * Records what keeps the callbacks of a task that has ended: its client has added one and taken it out again. The
 * workflow is still open, since it ends after a week.
 */
async function recordLateCallbacks(): Promise<void> {
  const tasks = await startTasks();
  const alice = new AgentClient(tasks);
  const taskId = await alice.begin('echo', { text: 'x' });
  await alice.untilStatus(taskId, 'completed');
  const a2a = await connectA2A(tasks.publicUrl, CLIENT_KEYS.alice, 'JSONRPC');
  await a2a.createTaskPushNotificationConfig(toConfig({ taskId, id: 'late', url: `${receiver.url}/late` }));
  const id = workflowIdOf(LATE_CALLBACKS_SOURCE, taskId);
  const untilAtWork = (times: number) =>
    waitFor(
      () =>
        temporal('show', '--workflow-id', id, '-o', 'json').split('EVENT_TYPE_WORKFLOW_TASK_COMPLETED')
          .length > times,
    );
  await untilAtWork(1);
  await a2a.deleteTaskPushNotificationConfig({ tenant: '', taskId, id: 'late' });
  await untilAtWork(2);
  record(id, 'late-callbacks');
  await tasks.stop();
}

/** Replays dead letters by a job. @returns the id of the job's workflow, once it has closed */
async function replayMany(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ filter: { source: 'partner', error: 'handler:PermanentError' } });
  const answer = await surehook.operator('/api/v1/dead-letters/replay', { method: 'POST', headers, body });
  const { job_id } = (await answer.json()) as { job_id: string };
  const job = await waitFor(
    async () =>
      (await surehook.operator(`/api/v1/jobs/${job_id}`)).json() as Promise<Record<string, string | null>>,
    ({ closed_at }) => closed_at !== null,
  );
  return job.workflow_id as string;
}

async function goOn(what: NonNullable<Story['afterwards']>[0], name: string, type: string, source: string) {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const post = (verb: string, body: string) =>
    surehook.operator(`/api/v1/dead-letters/${source}/${name}/${verb}`, { method: 'POST', headers, body });
  const reset = (to: string) =>
    temporal('reset', '--workflow-id', `${source}:${name}`, '--reason', 'fixed', '--type', to);
  if (what === 'delete-and-resend') {
    temporal('delete', '--workflow-id', `${source}:${name}`);
    const isGone = async () => (await surehook.operator(`/api/v1/events/${source}/${name}`)).status === 404;
    await waitFor(isGone, Boolean, 120_000);
  }
  if (what === 'replay-and-cancel') {
    await post('replay', '{}');
    await cancelWhileHandled(name, source);
  } else if (what === 'resend' || what === 'delete-and-resend')
    await surehook.send({ event_id: name, type }, source);
  else if (what === 'replay') await post('replay', '{}');
  else if (what === 'discard') await post('discard', '{"reason":"recorded"}');
  else reset(what === 'reset-to-first' ? 'FirstWorkflowTask' : 'LastWorkflowTask');
}

async function cancelWhileHandled(name: string, source: string): Promise<void> {
  await surehook.untilEvent(source, name, ({ handler }) => handler?.status === 'running');
  const headers = { authorization: `Bearer ${TOKEN}` };
  await surehook.operator(`/api/v1/events/${source}/${name}/cancel`, { method: 'POST', headers });
}

for (const {
  name,
  type,
  source = 'partner',
  script = {},
  afterwards,
  cancel,
  ofDeadLetter,
  cancelDeadLetter,
  ofJob,
} of STORIES) {
  const file = fileOf(name);
  if (existsSync(file)) continue;
  for (const [at, answers] of Object.entries(script)) receiver.script(at, name, answers);
  await surehook.send({ event_id: name, type }, source);
  if (cancel) await cancelWhileHandled(name, source);
  const { run_id } = await surehook.untilEvent(source, name, (event) => event.closed_at !== null);
  let jobId = '';
  if (afterwards) {
    const [what, status] = afterwards;
    if (what === 'replay-many') jobId = await replayMany();
    else await goOn(what, name, type, source);
    await surehook.untilEvent(source, name, (event) => event.run_id !== run_id && event.status === status);
  }
  const id = ofJob ? jobId : `${ofDeadLetter ? 'dead-letter:' : ''}${source}:${name}`;
  if (cancelDeadLetter) {
    temporal('cancel', '--workflow-id', id);
    await waitFor(() => temporal('describe', '--workflow-id', id).includes('CANCELED'));
  }
  record(id, name);
}

await surehook.stop();
if (!existsSync(fileOf('endpoint-breaker'))) await recordBreaker();
if (!existsSync(fileOf('endpoint-told'))) await recordEndpointAlert();
if (!existsSync(fileOf('alert-route-rechecked'))) await recordRechecked();
if (!existsSync(fileOf('task-asked'))) await recordTasks();
if (!existsSync(fileOf('late-callbacks'))) await recordLateCallbacks();
await server.stop();
await receiver.stop();
rmSync(stateDir, { recursive: true, force: true });
