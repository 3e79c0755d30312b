// `npm run bench -- slow-clients`: what a crowd that holds connections and sends next to nothing costs everybody else.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { makeEvents } from './events.ts';
import { pace } from './pace.ts';
import { cpuMs, machineCpuMs, rssMb } from './processes.ts';
import { formatTable } from './report.ts';
import { type Side, type SideContext, startSide } from './sides.ts';
import { formatSpread, percentile, spread } from './statistics.ts';
import { startTemporal } from './temporal.ts';

export interface SlowClientLoad {
  /** Each round measures without the crowd, then with it. */
  runs: number;
  seconds: number;
  /** Connections that the crowd holds. */
  connections: number;
  /** Good webhooks a second. */
  good: number;
}

type Say = (line: string) => void;

const CROWD = fileURLToPath(new URL('./slow-clients/crowd.ts', import.meta.url));
const POOL = 100;
const WARM_UP_SECONDS = 10;
/** Every connection of a crowd that has gone has met its deadline by then, and garbage was collected. */
const SETTLED_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 1_000;
/** Of times and of memory. */
const GOALS = { p99: 2, rss: 1.2 };

interface Phase {
  p50: number;
  p99: number;
  refused: number;
  /** CPU seconds of the API in a second. */
  cores: number;
  othersCores: number;
  held: number;
}

export async function measureSlowClients(
  load: SlowClientLoad,
  context: Omit<SideContext, 'temporalAddress'>,
  say: Say,
) {
  const server = await startTemporal();
  // Without a worker: what is measured is the listener.
  const side = await startSide('api', { ...context, temporalAddress: server.address });
  const good = new GoodSender(side, load.good);
  try {
    await good.send(WARM_UP_SECONDS);
    const rounds: { without: Phase; beside: Phase }[] = [];
    await good.send(load.seconds);
    const before = rssMb(side.pids);
    let peak = before;
    for (let i = 0; i < load.runs; i++) {
      const without = await good.send(load.seconds);
      const crowd = await Crowd.start(side, load.connections);
      const beside = { ...(await good.send(load.seconds)), held: await crowd.held() };
      peak = Math.max(peak, rssMb(side.pids));
      say(`round ${i + 1}: ${JSON.stringify({ without, beside, crowd: crowd.seen }, rounded)}`);
      await crowd.stop();
      rounds.push({ without, beside });
    }
    const { after, tookMs } = await untilSettled(side, before);
    const result = { rounds, rss: { before, peak, after, tookMs } };
    say(toTable(result, load));
    if (rounds.some(({ without }) => without.refused > 0))
      say(
        'webhooks were refused without the crowd: this machine cannot carry the rate, and the ratios say nothing',
      );
    return result;
  } finally {
    await side.stop();
    await server.stop();
  }
}

async function untilSettled(side: Side, before: number): Promise<{ after: number; tookMs: number }> {
  const begin = performance.now();
  const took = () => performance.now() - begin;
  while (rssMb(side.pids) > GOALS.rss * before && took() < SETTLED_WITHIN_MS) await delay(LOOK_EVERY_MS);
  return { after: rssMb(side.pids), tookMs: took() };
}

class GoodSender {
  readonly #side: Side;
  readonly #perSecond: number;
  readonly #pool: Pool;
  #orders = 0;

  constructor(side: Side, perSecond: number) {
    this.#side = side;
    this.#perSecond = perSecond;
    this.#pool = new Pool(new URL(side.url).origin, { connections: POOL, pipelining: 1 });
  }

  async send(seconds: number): Promise<Phase> {
    const events = makeEvents(seconds * this.#perSecond, `good-${process.pid}-${++this.#orders}`);
    const path = new URL(this.#side.url).pathname;
    const tookMs: number[] = [];
    let refused = 0;
    const usage = () => ({ own: cpuMs(this.#side.pids), all: machineCpuMs(), at: performance.now() });
    const begin = usage();
    await pace({ kind: 'open', perSecond: this.#perSecond, seconds }, async (i) => {
      const { body, headers } = events[i] as (typeof events)[number];
      const sentAt = performance.now();
      const answer = await this.#pool.request({ path, method: 'POST', headers, body });
      await answer.body.text();
      if (answer.statusCode < 300) tookMs.push(performance.now() - sentAt);
      else refused += 1;
    });
    const end = usage();
    const cores = (end.own - begin.own) / (end.at - begin.at);
    return {
      p50: percentile(tookMs, 50),
      p99: percentile(tookMs, 99),
      refused,
      cores,
      othersCores: (end.all - begin.all) / (end.at - begin.at) - cores,
      held: 0,
    };
  }
}

interface Seen {
  opened: number;
  closed: number;
  held: number;
  answers: Record<string, number>;
}

class Crowd {
  readonly #child: ChildProcess;
  seen: Seen | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves once all of the crowd has come. */
  static async start({ url }: Side, connections: number): Promise<Crowd> {
    const crowd = new Crowd(fork(CROWD, [new URL(url).port, String(connections)]));
    for (;;) {
      await crowd.held();
      if ((crowd.seen?.opened ?? 0) >= connections) return crowd;
      await delay(LOOK_EVERY_MS / 10);
    }
  }

  /** How many connections are held now. */
  async held(): Promise<number> {
    const answer = once(this.#child, 'message');
    this.#child.send('how many?');
    [this.seen] = (await answer) as [Seen];
    return this.seen.held;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill();
    await ended;
  }
}

interface Result {
  rounds: { without: Phase; beside: Phase }[];
  rss: { before: number; peak: number; after: number; tookMs: number };
}

function toTable({ rounds, rss }: Result, { connections, good }: SlowClientLoad): string {
  const of = (which: 'without' | 'beside', what: keyof Phase) =>
    spread(rounds.map((round) => round[which][what]));
  const p99 = of('beside', 'p99').median / of('without', 'p99').median;
  const verdict = (value: number, goal: number) => (value <= goal ? 'yes' : 'NO');
  const row = (name: string, what: keyof Phase, ratio = '', goal = '', met = '') => [
    name,
    formatSpread(of('without', what)),
    formatSpread(of('beside', what)),
    ...[ratio, goal, met],
  ];
  return formatTable(
    [`${good} webhooks a second`, 'alone', `beside ${connections} slow clients`, 'ratio', 'goal', 'met'],
    [
      row('acknowledge p50, ms', 'p50'),
      row('acknowledge p99, ms', 'p99', p99.toFixed(2), `at most ${GOALS.p99}`, verdict(p99, GOALS.p99)),
      row('refused', 'refused'),
      row('cores of the API', 'cores'),
      row('cores of everything else', 'othersCores'),
      row('connections of the crowd', 'held'),
      [
        `RSS, MB: before, ${(rss.tookMs / 1_000).toFixed(0)} s after (peak ${rss.peak.toFixed(0)})`,
        rss.before.toFixed(0),
        rss.after.toFixed(0),
        (rss.after / rss.before).toFixed(2),
        `at most ${GOALS.rss}`,
        verdict(rss.after / rss.before, GOALS.rss),
      ],
    ],
  );
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}
