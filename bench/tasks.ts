// `npm run bench -- tasks`: what accepting a task costs beside accepting a webhook, and what tasks that wait, and open
// streams of them, cost everything else.
import { request as openRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { makeEvent } from './events.ts';
import { untilQuiet } from './measure.ts';
import { pace } from './pace.ts';
import { rssMb } from './processes.ts';
import { formatTable } from './report.ts';
import { API_KEY, type Side, type SideContext, startSide } from './sides.ts';
import { percentile } from './statistics.ts';
import { startTemporal } from './temporal.ts';

export interface TaskLoad {
  /** How long each light load lasts. */
  seconds: number;
  /** Tasks that wait for an answer. */
  waiting: number;
  /** Open streams of such tasks. */
  streams: number;
}

type Say = (line: string) => void;

const LIGHT_PER_SECOND = 10;
const AT_ONCE = 30;
const RESEND_AFTER_MS = 500;
/** Memory is read once the garbage of opening the streams has had time to go. */
const SETTLED_AFTER_MS = 10_000;
const GOALS = { accept: 1.2, slower: 1.1, streamsMb: 60 };

export async function measureTasks(
  { seconds, waiting, streams }: TaskLoad,
  context: Omit<SideContext, 'temporalAddress'>,
  say: Say,
) {
  const server = await startTemporal();
  const side = await startSide('serve', { ...context, temporalAddress: server.address });
  const bench = new TaskBench(side);
  try {
    await bench.both(5); // warms up
    const { webhooks, tasks } = await bench.both(seconds);
    const before = await bench.webhooks(seconds);
    await bench.begin('waits', waiting);
    await untilQuiet(server);
    const after = await bench.webhooks(seconds);
    const alone = rssMb(side.pids);
    const close = await bench.openStreams(streams);
    await delay(SETTLED_AFTER_MS);
    const withStreams = rssMb(side.pids);
    close();
    const result = {
      accept: { webhook: percentile(webhooks, 50), task: percentile(tasks, 50) },
      waiting: { before: percentile(before, 50), after: percentile(after, 50) },
      streams: { alone, open: withStreams },
    };
    say(toTable(result, waiting, streams));
    return result;
  } finally {
    await side.stop();
    await server.stop();
  }
}

interface Result {
  accept: { webhook: number; task: number };
  waiting: { before: number; after: number };
  streams: { alone: number; open: number };
}

function toTable({ accept, waiting, streams }: Result, waits: number, open: number): string {
  const verdict = (value: number, goal: number) => (value <= goal ? 'yes' : 'NO');
  const ratio = accept.task / accept.webhook;
  const slower = waiting.after / waiting.before;
  const more = streams.open - streams.alone;
  return formatTable(
    ['', 'measured', 'ratio', 'goal', 'met'],
    [
      [
        'acknowledge p50: webhook, task',
        `${accept.webhook.toFixed(1)}, ${accept.task.toFixed(1)} ms`,
        ratio.toFixed(2),
        `at most ${GOALS.accept}`,
        verdict(ratio, GOALS.accept),
      ],
      [
        `webhook acknowledge p50: before, with ${waits} waiting tasks`,
        `${waiting.before.toFixed(1)}, ${waiting.after.toFixed(1)} ms`,
        slower.toFixed(2),
        `at most ${GOALS.slower}`,
        verdict(slower, GOALS.slower),
      ],
      [
        `RSS: before, with ${open} open streams`,
        `${streams.alone.toFixed(0)}, ${streams.open.toFixed(0)} MB`,
        `+${more.toFixed(0)} MB`,
        `at most ${GOALS.streamsMb} MB`,
        verdict(more, GOALS.streamsMb),
      ],
    ],
  );
}

class TaskBench {
  readonly #side: Side;
  readonly #pool: Pool;
  readonly #waiting: string[] = [];
  #sent = 0;

  constructor(side: Side) {
    this.#side = side;
    this.#pool = new Pool(new URL(side.url).origin, { connections: AT_ONCE, pipelining: 1 });
  }

  /** Alternates a webhook and a task. @returns milliseconds until each acknowledgement */
  async both(seconds: number): Promise<{ webhooks: number[]; tasks: number[] }> {
    const [webhooks, tasks]: [number[], number[]] = [[], []];
    await pace({ kind: 'open', perSecond: LIGHT_PER_SECOND, seconds }, async (i) => {
      if (i % 2 === 0) webhooks.push(await this.#webhook());
      else tasks.push((await this.#task('noop')).took);
    });
    return { webhooks, tasks };
  }

  async webhooks(seconds: number): Promise<number[]> {
    const took: number[] = [];
    await pace({ kind: 'open', perSecond: LIGHT_PER_SECOND, seconds }, async () => {
      took.push(await this.#webhook());
    });
    return took;
  }

  async begin(type: string, count: number): Promise<void> {
    await pace({ kind: 'closed', count, atOnce: AT_ONCE }, async () => {
      this.#waiting.push((await this.#task(type)).taskId);
    });
  }

  /** @returns a function that closes the streams */
  async openStreams(count: number): Promise<() => void> {
    const open = await Promise.all(
      this.#waiting.slice(0, count).map((taskId) => openStream(new URL(this.#side.url).origin, taskId)),
    );
    return () => {
      for (const close of open) close();
    };
  }

  async #webhook(): Promise<number> {
    const { body, headers } = makeEvent(`webhook-${process.pid}-${++this.#sent}`);
    return (await this.#post(new URL(this.#side.url).pathname, body, headers)).took;
  }

  /** With as many bytes as a webhook. */
  async #task(type: string): Promise<{ took: number; taskId: string }> {
    const { body } = makeEvent(`task-${process.pid}-${++this.#sent}`);
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
    const { took, answer } = await this.#post(`/agent/${type}`, body, headers);
    return { took, taskId: (answer as { task_id: string }).task_id };
  }

  async #post(path: string, body: Buffer, headers: Record<string, string>) {
    const begin = performance.now();
    for (;;) {
      const answer = await this.#pool.request({ path, method: 'POST', headers, body });
      const json = await answer.body.json();
      if (answer.statusCode < 300) return { took: performance.now() - begin, answer: json };
      if (answer.statusCode !== 503) throw new Error(`${path} was answered ${answer.statusCode}`);
      await delay(RESEND_AFTER_MS);
    }
  }
}

/** Resolves once the first event of the stream has come. */
async function openStream(origin: string, taskId: string): Promise<() => void> {
  const headers = {
    authorization: `Bearer ${API_KEY}`,
    accept: 'text/event-stream',
    'a2a-version': '1.0',
  };
  return await new Promise((resolve, reject) => {
    const request = openRequest(`${origin}/a2a/v1/tasks/${taskId}:subscribe`, { method: 'POST', headers });
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`the stream was answered ${response.statusCode}`));
      response.once('data', () => {
        response.resume();
        resolve(() => request.destroy());
      });
      response.on('error', () => undefined); // it was closed
    });
    request.end();
  });
}
