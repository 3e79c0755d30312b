// Tests durable jobs that replay or discard many dead letters: through crashes, pauses, and other jobs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JobView } from '../../src/api/operator/jobs/job-view.ts';
import type { JobItemView } from '../../src/api/operator/jobs/list-job-items.ts';
import { type JobProgress, PROGRESS_QUERY } from '../../src/contracts/job.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { DATA_CONVERTER, newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const INDEX = new URL('../../dist/index.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'surehook-jobs-'));
let receiver: Receiver;
/** The operator API and the ingress, which run all the time while workers come and go. */
let api: Surehook;
let worker: Surehook;
let letters: DeadLetters;
let client: Client;

const start = async (role: 'api' | 'worker') =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'dead-letter-jobs',
    env: { RECEIVER_URL: receiver.url },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  [api, worker] = await Promise.all([start('api'), start('worker')]);
  letters = new DeadLetters(api, receiver);
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, dataConverter: DATA_CONVERTER });
});

afterAll(async () => {
  await client.connection.close();
  await Promise.all([api, worker].map((surehook) => surehook.stop()));
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts another Surehook. @param customer the expression in its handler, with or without a bug */
async function startShop(customer: string): Promise<Surehook> {
  const path = join(folder, `${newId('shop')}.config.ts`);
  writeFileSync(
    path,
    `import { defineConfig, secret } from '${INDEX}';
    const secrets = [secret('PARTNER_SECRET')];
    const done = async (event) => {
      const customer = ${customer};
      const headers = { 'x-webhook-event-id': event.id };
      await fetch('${receiver.url}/done', { method: 'POST', headers });
      return { customer };
    };
    export default defineConfig({
      sources: { shop: { verify: { scheme: 'hmac', secrets }, handlers: { '*': done }, retry: [], forwardTo: ['first'] } },
      endpoints: { first: { url: '${receiver.url}/first', secrets } },
    });`,
  );
  const temporalAddress = inject('temporalAddress');
  const env = { SUREHOOK_CONFIG: path };
  return await Surehook.start({ role: 'serve', temporalAddress, taskQueue: 'dead-letter-shop', env });
}

/**
 * Makes dead letters of a new event type, so that no other test's job finds them; a replay of them succeeds by
 * default.
 */
async function makeMany(count: number, later = [200]) {
  const ids = Array.from({ length: count }, () => newId());
  const filter = { source: 'once', type: newId('type') };
  for (const id of ids) receiver.script('/handler', id, [422, ...later]);
  await sendAll(ids, filter.type, filter);
  return { ids, filter };
}

/** @param filter matches the dead letters of these events and no others, since all tests share a namespace */
async function sendAll(ids: string[], type: string, filter: { source: string }): Promise<void> {
  for (const event_id of ids) {
    expect((await api.send({ event_id, type, name: 'first' }, filter.source)).status).toBe(202);
  }
  const before = await waitFor(
    () => letters.count(filter),
    (count) => count >= ids.length,
    120_000,
  );
  expect(before).toBe(ids.length);
}

async function startJob(action: 'replay' | 'discard', body: object, surehook = api): Promise<JobView> {
  const post = new DeadLetters(surehook, receiver);
  const answer = await post.post(`/api/v1/dead-letters/${action}`, JSON.stringify(body));
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return await show(String(answer.body.job_id));
}

type Shown = JobView & { runs: Record<string, number> };
const show = async (id: string) => (await letters.get(`/api/v1/jobs/${id}`)).body as unknown as Shown;
const untilEnded = async ({ job_id }: { job_id: string }) =>
  await waitFor(
    () => show(job_id),
    ({ closed_at }) => closed_at !== null,
    120_000,
  );
const untilDone = async (job: { job_id: string }, count: number) =>
  await waitFor(
    () => show(job.job_id),
    ({ done }) => done >= count,
  );
const change = async ({ job_id }: JobView, verb: string) =>
  (await letters.post(`/api/v1/jobs/${job_id}/${verb}`, '')) as unknown as { status: number; body: JobView };
/** Repeats the request, which does no harm, because the answer may come before the job has got the signal. */
const changeTo = async (job: JobView, verb: 'pause' | 'resume', wanted: string) =>
  await waitFor(
    () => change(job, verb),
    ({ status, body }) => status === 202 && body.status === wanted,
  );

/** Waits until visibility, which is behind, has the items. */
const untilItems = async (job: JobView, count: number, status?: string) =>
  await waitFor(
    () => itemsOf(job, status),
    ({ length }) => length >= count,
  );

async function itemsOf({ job_id }: JobView, status?: string): Promise<JobItemView[]> {
  const items: JobItemView[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      limit: '200',
      ...(cursor ? { cursor } : {}),
      ...(status ? { status } : {}),
    });
    const { body } = await letters.get(`/api/v1/jobs/${job_id}/items?${query}`);
    items.push(...(body.items as JobItemView[]));
    cursor = body.next_cursor as string | null;
  } while (cursor !== null);
  return items;
}

const attempts = (ids: string[], path: string) => ids.map((id) => receiver.of(id, path).length);
const each = (ids: string[], count: number) => ids.map(() => count);
const untilProcessed = async (ids: string[], source = 'once') => {
  for (const id of ids) await api.untilEvent(source, id, ({ status }) => status === 'processed');
};

describe('a job over dead letters', () => {
  it('replays 200 events that failed because of a bug on the fixed code, and each is handled once', async () => {
    const filter = { source: 'shop', type: newId('type') };
    const broken = await startShop('event.payload.customer.name');
    const ids = Array.from({ length: 200 }, () => newId());
    for (const event_id of ids) await broken.send({ event_id, type: filter.type }, filter.source);
    await waitFor(
      () => letters.count(filter),
      (count) => count === 200,
      120_000,
    );
    await broken.stop();
    const fixed = await startShop('event.payload.customer?.name');
    try {
      const job = await startJob('replay', { filter, rate_per_second: 50 }, fixed);
      expect(await untilEnded(job)).toMatchObject({ status: 'completed', started: 200, failed: 0 });
      await waitFor(async () => (await show(job.job_id)).runs.succeeded === 200);
      expect(attempts(ids, '/done')).toEqual(each(ids, 1));
      expect(attempts(ids, '/first')).toEqual(each(ids, 1));
    } finally {
      await fixed.stop();
    }
  }, 180_000);

  it('repeats no step that had succeeded', async () => {
    const ids = Array.from({ length: 200 }, () => newId());
    // The bug is in the second endpoint, which refuses for good; the handler and the first delivery succeed.
    for (const id of ids) receiver.script('/second', id, [410, 200]);
    const filter = { source: 'batch', step: 'deliver:second', error: 'http_410' };
    await sendAll(ids, 'order', filter);
    await worker.stop();
    worker = await start('worker'); // with the fix
    const job = await startJob('replay', { filter, rate_per_second: 50 });
    expect(job).toMatchObject({ action: 'replay', matched: 200, rate_per_second: 50, closed_at: null });
    const ended = await untilEnded(job);
    expect(ended).toMatchObject({ status: 'completed', done: 200, started: 200, skipped: 0, failed: 0 });
    await untilProcessed(ids, filter.source);
    expect(attempts(ids, '/handler')).toEqual(each(ids, 1));
    expect(attempts(ids, '/first')).toEqual(each(ids, 1));
    expect(attempts(ids, '/second')).toEqual(each(ids, 2));
    await waitFor(async () => (await letters.count(filter)) === 0);
    await waitFor(async () => (await show(job.job_id)).runs.succeeded === 200);
    const items = await untilItems(job, 200, 'processed');
    expect(items.map(({ event_id }) => event_id).sort()).toEqual(ids.toSorted());
  }, 180_000);

  it('goes on after its worker was killed, with each item once', async () => {
    const { ids, filter } = await makeMany(100);
    const job = await startJob('replay', { filter, rate_per_second: 10 });
    await untilDone(job, 20);
    await worker.stop('SIGKILL');
    expect((await show(job.job_id)).status).toBe('running');
    worker = await start('worker');
    const ended = await untilEnded(job);
    expect(ended).toMatchObject({ status: 'completed', started: 100, skipped: 0, failed: 0 });
    await untilProcessed(ids);
    const items = await untilItems(job, 100);
    expect(items.map(({ event_id }) => event_id).sort()).toEqual(ids.toSorted());
    await waitFor(async () => (await letters.count(filter)) === 0);
  }, 180_000);

  it('can be a dry run, which shows the matching dead letters and starts nothing', async () => {
    const { ids, filter } = await makeMany(7);
    await waitFor(async () => (await letters.list(filter)).length === 7);
    const body = JSON.stringify({ filter, dry_run: true });
    const dry = await letters.post('/api/v1/dead-letters/replay', body);
    expect(dry).toMatchObject({ status: 200, body: { matched: 7, dry_run: true } });
    expect(dry.body.sample).toHaveLength(5);
    expect(attempts(ids, '/handler')).toEqual(each(ids, 1));
    const job = await startJob('discard', { filter, reason: 'only a test' });
    expect(await untilEnded(job)).toMatchObject({ status: 'completed', started: 7, reason: 'only a test' });
    for (const id of ids) {
      const event = await api.untilEvent('once', id, ({ status }) => status === 'discarded');
      expect(event).toMatchObject({ discarded: { reason: 'only a test' } });
    }
    await waitFor(async () => (await letters.count(filter)) === 0);
  });

  it('can be paused, resumed and cancelled, and leaves what it has not started as dead letters', async () => {
    const { ids, filter } = await makeMany(60);
    const job = await startJob('replay', { filter, rate_per_second: 5 });
    await untilDone(job, 5);
    await changeTo(job, 'pause', 'paused');
    // The job's current part ends within seconds; after that nothing more is started.
    const readCalm = async () => {
      const { done } = await show(job.job_id);
      return (await letters.count(filter)) === 60 - done ? done : 0;
    };
    const calm = await waitFor(readCalm);
    expect(calm).toBeLessThan(60);
    await changeTo(job, 'resume', 'running');
    await untilDone(job, calm + 5);
    expect((await change(job, 'cancel')).status).toBe(202);
    const ended = await untilEnded(job);
    expect(ended).toMatchObject({ status: 'canceled', skipped: 0, failed: 0, eta: null });
    expect(ended.started).toBeLessThan(60);
    await waitFor(async () => (await letters.count(filter)) === 60 - ended.started);
    expect(await untilItems(job, ended.started)).toHaveLength(ended.started);
    for (const verb of ['pause', 'resume', 'cancel'])
      expect(await change(job, verb)).toMatchObject({ status: 409, body: { code: 'job_ended' } });
    const rest = await startJob('replay', { filter, rate_per_second: 200 });
    expect(await untilEnded(rest)).toMatchObject({ started: 60 - ended.started, status: 'completed' });
    await untilProcessed(ids);
    const listed = (await letters.get('/api/v1/jobs?limit=2')).body.items as JobView[];
    expect(listed.map(({ job_id }) => job_id)).toContain(rest.job_id);
  }, 180_000);

  it("answers Temporal's query for its progress with the numbers that the API shows", async () => {
    const { filter } = await makeMany(40);
    const job = await startJob('replay', { filter, rate_per_second: 5 });
    const handle = client.workflow.getHandle(job.workflow_id);
    const numbers = ({ started, skipped, failed, status }: JobView) => [started, skipped, failed, status];
    /** The answer of the query, if the API shows the same numbers before and after it; else undefined. */
    const progress = async () => {
      const before = numbers(await show(job.job_id));
      const { started, skipped, failed, paused } = await handle.query<JobProgress>(PROGRESS_QUERY);
      const after = numbers(await show(job.job_id));
      const answer = [started, skipped, failed, paused ? 'paused' : 'running'];
      return before.join() === after.join() ? { answer, shown: after, started } : undefined;
    };
    await untilDone(job, 5);
    const running = await waitFor(progress, (seen) => seen !== undefined);
    expect(running?.answer).toEqual(running?.shown);
    expect(running?.started).toBeGreaterThanOrEqual(5);
    await changeTo(job, 'pause', 'paused');
    const paused = await waitFor(progress, (seen) => seen !== undefined);
    expect(paused?.answer).toEqual(paused?.shown);
    await change(job, 'cancel');
    const ended = await untilEnded(job);
    const { started } = await handle.query<JobProgress>(PROGRESS_QUERY);
    expect(started).toBe(ended.started);
    await untilEnded(await startJob('discard', { filter, reason: 'done', rate_per_second: 200 }));
  });

  it('shares its dead letters with another job on the same filter, and each runs once', async () => {
    const { ids, filter } = await makeMany(60);
    const body = { filter, rate_per_second: 40 };
    const jobs = await Promise.all([startJob('replay', body), startJob('replay', body)]);
    const ended = await Promise.all(jobs.map(untilEnded));
    expect(ended.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(ended.reduce((sum, { started }) => sum + started, 0)).toBe(60);
    await untilProcessed(ids);
    expect(attempts(ids, '/handler')).toEqual(each(ids, 2));
  });

  it('does not replay a dead letter again that fails again', async () => {
    const { ids, filter } = await makeMany(10, [422]);
    const job = await startJob('replay', { filter });
    expect(await untilEnded(job)).toMatchObject({ status: 'completed', started: 10, failed: 0 });
    await waitFor(async () => (await show(job.job_id)).runs.failed === 10);
    await waitFor(async () => (await letters.count(filter)) === 10);
    expect(attempts(ids, '/handler')).toEqual(each(ids, 2));
    await untilEnded(await startJob('discard', { filter, reason: 'done' }));
  });

  it('keeps its history small by going on as a new run, which keeps the state of the run before it', async () => {
    const { ids, filter } = await makeMany(40);
    const job = await startJob('replay', { filter, rate_per_second: 5 });
    await untilDone(job, 5);
    await changeTo(job, 'pause', 'paused');
    const handle = client.workflow.getHandle(job.workflow_id);
    const { runId } = await handle.describe();
    // Each signal makes the history longer by at least two events.
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 50 }, () => handle.signal('pause')));
    await changeTo(job, 'resume', 'running');
    expect(await untilEnded(job)).toMatchObject({ status: 'completed', started: 40, skipped: 0, filter });
    const last = await handle.describe();
    expect(last.runId).not.toBe(runId);
    expect(last.historyLength).toBeLessThan(500);
    await untilProcessed(ids);
    expect(attempts(ids, '/handler')).toEqual(each(ids, 2));
  }, 180_000);

  it('never exceeds its rate', async () => {
    const { filter } = await makeMany(60);
    const job = await startJob('replay', { filter, rate_per_second: 10 });
    await untilEnded(job);
    const times = (await untilItems(job, 60)).map(({ started_at }) => Date.parse(started_at));
    // However busy the machine is, the last of 60 is due 59 tenths of a second after the first at the earliest.
    expect(Math.max(...times) - Date.parse(job.started_at)).toBeGreaterThanOrEqual(5_900);
  });

  it.each([
    ['{}', 'filter: expected an object; {} is every dead letter'],
    [
      '{"filter":{"since":"yesterday"}}',
      'filter.since: expected a time such as 2026-01-31T12:00:00Z, or an age such as 90s, 30m, 12h or 1d',
    ],
    ['{"filter":{"sorce":"stripe"}}', 'filter.sorce: there is no such field'],
    ['{"filter":{},"rate_per_second":1000}', 'rate_per_second: expected a number from 1 to 200'],
    ['{"filter":{},"from":"here"}', "from: expected 'failed_step' or 'start'"],
  ])('is refused for %s', async (body, detail) => {
    const answer = await letters.post('/api/v1/dead-letters/replay', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'bad_request', detail } });
  });

  it('to discard needs a reason, and an unknown job is not found', async () => {
    const answer = await letters.post('/api/v1/dead-letters/discard', '{"filter":{}}');
    const detail = 'reason: expected a text of 1 to 1000 characters';
    expect(answer).toMatchObject({ status: 400, body: { detail } });
    for (const id of ['nothing', '6d0e4a5c-0000-4000-8000-000000000000'])
      expect(await letters.get(`/api/v1/jobs/${id}`)).toMatchObject({
        status: 404,
        body: { code: 'job_not_found' },
      });
  });
});
