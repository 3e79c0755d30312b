// `npm run bench -- dead-letters`: measures list and count with few and many dead letters, and a bulk replay under load.
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { Pool } from 'undici';
import type { JobView } from '../src/api/operator/jobs/job-view.ts';
import type { JobItemView } from '../src/api/operator/jobs/list-job-items.ts';
import { workflowIdOfJob } from '../src/contracts/ids.ts';
import { makeEvent } from './events.ts';
import { untilQuiet } from './measure.ts';
import { type Load, pace } from './pace.ts';
import { formatTable } from './report.ts';
import { OPERATOR_TOKEN, type Side, type SideContext, startSide } from './sides.ts';
import { percentile } from './statistics.ts';
import { startTemporal, type TemporalServer } from './temporal.ts';

export interface DeadLetterLoad {
  /** How many dead letters there are at the first measurement, and at the second. */
  steps: [few: number, many: number];
  replays: number;
  ratePerSecond: number;
  /** How long each light load lasts. */
  seconds: number;
}

type Context = Omit<SideContext, 'temporalAddress'>;
type Say = (line: string) => void;

/** How many calls each median is taken of. A dev server's visibility allows 100 calls a second. */
const CALLS = 60;
const POLL_MS = 200;
/** PostgreSQL plans queries by the statistics of its autovacuum, which runs once a minute. */
const VACUUMED_AFTER_MS = 90_000;
const AT_ONCE = 30;
/** The wait after a 503: PostgreSQL takes fewer requests at once than SQLite. */
const RESEND_AFTER_MS = 500;
const LIGHT_PER_SECOND = 10;
const GOALS = { cost: 3, rate: 0.1, slower: 0.2 };

export async function measureDeadLetters(load: DeadLetterLoad, context: Context, say: Say) {
  const bench = await Bench.start(context);
  try {
    await bench.light(5); // warms up
    const cost = await measureCost(bench, load, context, say);
    const { jobId, ...replay } = await measureReplay(bench, load, say);
    return { ...cost, ...replay, history: await measureHistory(bench.server.address, jobId, say) };
  } finally {
    await bench.stop();
  }
}

/**
 * Alternates calls to two servers, one with few dead letters and one with many; a given server has few first,
 * then many.
 */
async function measureCost(
  bench: Bench,
  { steps: [few, many], replays }: DeadLetterLoad,
  context: Context,
  say: Say,
) {
  const other = process.env.TEMPORAL_ADDRESS ? undefined : await Bench.start(context);
  try {
    await (other ?? bench).makeLetters(few, 'order.refused');
    const alone = other ? undefined : (await costs([bench]))[0];
    await bench.makeLetters(replays, 'order.lost');
    await bench.makeLetters(many - bench.letters, 'order.refused');
    const both = await costs(other ? [other, bench] : [bench]);
    const [before, after] = [alone ?? both[0], both.at(-1)] as [Medians, Medians];
    const rows = Object.entries(after).map(([name, ms]) => {
      const first = before[name] as number;
      const ratio = ms / first;
      return [name, first.toFixed(1), ms.toFixed(1), ratio.toFixed(2), ratio <= GOALS.cost ? 'yes' : 'NO'];
    });
    const head = ['p50 ms', `${few} dead letters`, `${many}`, 'ratio', `at most ${GOALS.cost}`];
    say(formatTable(head, rows));
    return { few, many, before, after };
  } finally {
    await other?.stop();
  }
}

type Medians = Record<string, number>;

const CALLED = {
  count: '/api/v1/dead-letters/count',
  'count of a source': '/api/v1/dead-letters/count?source=bench',
  'count of a source and a code': '/api/v1/dead-letters/count?source=bench&error=handler%3APermanentError',
  'first page of 50': '/api/v1/dead-letters?limit=50',
  'first page with a filter': '/api/v1/dead-letters?source=bench&error=handler%3APermanentError&limit=50',
};

async function costs(benches: Bench[]): Promise<Medians[]> {
  for (const { server } of benches) await untilQuiet(server);
  if (process.env.TEMPORAL_ADDRESS) await delay(VACUUMED_AFTER_MS);
  const medians: Medians[] = benches.map(() => ({}));
  for (const [name, path] of Object.entries(CALLED)) {
    const took: number[][] = benches.map(() => []);
    for (let i = 0; i < CALLS; i++)
      for (const [k, bench] of benches.entries()) took[k]?.push(await bench.time(path));
    for (const [k, times] of took.entries()) (medians[k] as Medians)[name] = percentile(times, 50);
  }
  return medians;
}

async function measureReplay(bench: Bench, { ratePerSecond, seconds }: DeadLetterLoad, say: Say) {
  const quiet = [await bench.light(seconds)];
  const job = await bench.replay('order.lost', ratePerSecond);
  const busy: number[] = [];
  while (!(await bench.hasEnded(job))) busy.push(...(await bench.light(Math.min(seconds, 5))));
  const rate = await bench.rateOf(job);
  quiet.push(await bench.light(seconds)); // measured before and after: a growing store alone slows the ingress
  const [p50, p50Busy] = [percentile(quiet.flat(), 50), percentile(busy, 50)];
  const [off, slower] = [rate.perSecond / ratePerSecond - 1, p50Busy / p50 - 1];
  const verdict = (value: number, goal: number) => (value <= goal ? 'yes' : 'NO');
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  say(
    formatTable(
      ['bulk replay', 'measured', 'off by', 'goal', 'met'],
      [
        [
          `${rate.count} at ${ratePerSecond}/s`,
          `${rate.perSecond.toFixed(2)}/s`,
          ...[percent(off), `within ${percent(GOALS.rate)}`, verdict(Math.abs(off), GOALS.rate)],
        ],
        [
          `acknowledge p50 at ${LIGHT_PER_SECOND}/s`,
          `${p50.toFixed(1)} → ${p50Busy.toFixed(1)} ms`,
          ...[percent(slower), `at most ${percent(GOALS.slower)}`, verdict(slower, GOALS.slower)],
        ],
      ],
    ),
  );
  return { jobId: job, rate, ack_p50: p50, ack_p50_during: p50Busy };
}

/** @returns the length of the job's history in events and bytes, run by run */
async function measureHistory(address: string, jobId: string, say: Say) {
  const connection = await Connection.connect({ address });
  const query = `WorkflowId = '${workflowIdOfJob(jobId)}'`;
  const { executions } = await connection.workflowService.listWorkflowExecutions({
    namespace: 'default',
    query,
  });
  await connection.close();
  const runs = (executions ?? []).map(({ historyLength, historySizeBytes }) => ({
    events: Number(historyLength),
    bytes: Number(historySizeBytes),
  }));
  const total = (name: 'events' | 'bytes') => runs.reduce((sum, run) => sum + run[name], 0);
  say(`history of the job: ${total('events')} events, ${total('bytes')} bytes in ${runs.length} run(s)`);
  return runs;
}

class Bench {
  readonly server: TemporalServer;
  readonly #side: Side;
  readonly #context: Context;
  readonly #pool: Pool;
  #sent = 0;
  letters = 0;
  /**
   * How many events were resent after a 503: an event that had failed by then ran again, and may be no dead
   * letter.
   */
  #resent = 0;

  private constructor(side: Side, context: Context, server: TemporalServer) {
    this.#side = side;
    this.#context = context;
    this.server = server;
    this.#pool = new Pool(new URL(side.url).origin, { connections: AT_ONCE, pipelining: 1 });
  }

  static async start(context: Context): Promise<Bench> {
    const server = await startTemporal();
    return new Bench(
      await startSide('serve', { ...context, temporalAddress: server.address }),
      context,
      server,
    );
  }

  async stop(): Promise<void> {
    await this.#side.stop();
    await this.server.stop();
  }

  /** @returns milliseconds until each acknowledgement */
  async light(seconds: number): Promise<number[]> {
    const took: number[] = [];
    await this.#send({ kind: 'open', perSecond: LIGHT_PER_SECOND, seconds }, 'order.created', took);
    return took;
  }

  async makeLetters(count: number, type: string): Promise<void> {
    if (count <= 0) return;
    await this.#send({ kind: 'closed', count, atOnce: AT_ONCE }, type, []);
    this.letters += count;
    const open = async () => (await this.#get<{ count: number }>('/api/v1/dead-letters/count')).count;
    while ((await open()) < this.letters - this.#resent) await delay(POLL_MS);
  }

  /** @returns milliseconds until the answer */
  async time(path: string): Promise<number> {
    const begin = performance.now();
    await this.#get(path);
    return performance.now() - begin;
  }

  async replay(type: string, rate_per_second: number): Promise<string> {
    const body = JSON.stringify({ filter: { type }, rate_per_second });
    return (await this.#get<{ job_id: string }>('/api/v1/dead-letters/replay', { method: 'POST', body }))
      .job_id;
  }

  async hasEnded(jobId: string): Promise<boolean> {
    const { started, matched, status } = await this.#get<JobView>(`/api/v1/jobs/${jobId}`);
    return started >= matched || status !== 'running';
  }

  async rateOf(jobId: string): Promise<{ count: number; perSecond: number }> {
    const times: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const more: string = cursor && `&cursor=${cursor}`;
      const path = `/api/v1/jobs/${jobId}/items?limit=200${more}`;
      const page = await this.#get<{ items: JobItemView[]; next_cursor: string | null }>(path);
      times.push(...page.items.map((item) => Date.parse(item.started_at)));
      cursor = page.next_cursor;
    }
    const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
    return { count: times.length, perSecond: (times.length - 1) / seconds };
  }

  async #send(load: Load, type: string, took: number[]): Promise<void> {
    const { pathname: path } = new URL(this.#side.url);
    await pace(load, async () => {
      this.#sent += 1;
      const { body, headers } = makeEvent(`${type}-${process.pid}-${this.#sent}`, type);
      const begin = performance.now();
      for (;;) {
        const answer = await this.#pool.request({ path, method: 'POST', headers, body });
        await answer.body.dump();
        if (answer.statusCode < 300) break;
        if (answer.statusCode !== 503) throw new Error(`the ingress answered ${answer.statusCode}`);
        this.#resent += 1;
        await delay(RESEND_AFTER_MS);
      }
      took.push(performance.now() - begin);
    });
    this.#context.receiver.arrivals.clear();
  }

  async #get<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json' };
    const answer = await fetch(this.#side.operatorUrl + path, { ...init, headers });
    if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
