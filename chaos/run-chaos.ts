// Carries out a run from start to end: starts the processes and the load, inflicts faults, waits for quiet, settles.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../src/config/settings.ts';
import { findTemporalCli } from '../src/temporal/dev/find-cli.ts';
import { Book } from './book.ts';
import { inflict, type World } from './inflict.ts';
import type { Outcome } from './outcomes.ts';
import { planFaults } from './plan-faults.ts';
import { createPostgresBackend } from './postgres-backend.ts';
import { createProcesses } from './processes.ts';
import { untilQuiet, untilReady, untilUp } from './quiet.ts';
import { Receiver } from './receiver.ts';
import type { ChaosReport } from './report.ts';
import { Sender } from './sender.ts';
import { settle } from './settle.ts';
import { createSqliteBackend } from './sqlite-backend.ts';
import type { Role } from './surehook-process.ts';
import { taskOf } from './tasks.ts';
import { TemporalServer } from './temporal-server.ts';

const PROGRESS_INTERVAL_MS = 10_000;
export interface ChaosOptions {
  minutes: number;
  ratePerSecond: number;
  seed: number;
  /** How many processes of `surehook serve` run besides two of `api` and two of `worker`. */
  serves: number;
  /** Whether Temporal runs on PostgreSQL, which is crashed, too; else it runs on SQLite. */
  postgres: boolean;
  /** Whether logs and database are kept after a run without problems. */
  keep: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** @throws Error if the run cannot begin, or is interrupted; what is wrong with events is in the report */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { say, keep } = options;
  const folder = mkdtempSync(join(tmpdir(), 'surehook-chaos-'));
  const stops: (() => Promise<void>)[] = [];
  let isFine = false;
  try {
    const report = await runIn(folder, stops, options);
    isFine = report.problems.length === 0;
    return report;
  } finally {
    await stopAll(stops);
    if (isFine && !keep) rmSync(folder, { recursive: true, force: true });
    else say(`logs and database are in ${folder}`);
  }
}

async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.reverse()) await stop().catch(() => undefined);
}

async function runIn(
  folder: string,
  stops: (() => Promise<void>)[],
  options: ChaosOptions,
): Promise<ChaosReport> {
  const { minutes, seed, postgres, signal, say } = options;
  const durationMs = minutes * 60_000;
  const book = new Book();
  const receiver = await Receiver.start(book);
  stops.push(() => receiver.stop());
  const { path, cacheDir, temporalCliPath } = loadSettings();
  const cli = { cliPath: temporalCliPath, path, cacheDir, onProgress: say, signal };
  const cliPath = await findTemporalCli(cli);
  const backend = await (postgres ? createPostgresBackend : createSqliteBackend)(cliPath, folder);
  stops.push(() => backend.stop());
  const temporal = await TemporalServer.start(backend, book);
  stops.push(() => temporal.stop());
  const { processes, ingresses } = await createProcesses({
    folder,
    book,
    receiver,
    temporal,
    serves: options.serves,
  });
  const killAll = () => {
    for (const part of [backend, ...processes]) part.killNow();
  };
  process.once('exit', killAll);
  stops.push(async () => void process.off('exit', killAll));
  stops.push(async () => void (await Promise.all(processes.map((process) => process.retire()))));
  for (const surehook of processes) surehook.start();
  await untilUp(processes, signal);

  const namesOf = (role: Role) =>
    processes.filter((process) => process.role === role).map(({ name }) => name);
  const lanes = planFaults({
    seed,
    durationMs,
    workers: namesOf('worker'),
    apis: namesOf('api'),
    serves: namesOf('serve'),
    hasDatabase: backend.database !== undefined,
  });
  const world: World = { book, temporal, receiver, processes, ingresses, say, signal };
  book.startedAt = Date.now();
  say(`${processes.map(({ name }) => name).join(', ')} are up; seed ${seed}, ${folder}`);
  const receiverUrl = receiver.url;
  const sender = new Sender({
    ...{ ...options, book, durationMs, ingresses },
    taskOf: (n) => taskOf({ n, seed, book, receiverUrl }),
  });
  const ticker = setInterval(() => {
    book.loads.push({ at: Date.now(), perCore: (loadavg()[0] ?? 0) / availableParallelism() });
    say(progress(book));
  }, PROGRESS_INTERVAL_MS);
  const outcomes = new Map<string, Outcome>();
  try {
    await Promise.all([sender.run(), inflict(world, lanes, durationMs)]);
    say(`${book.clock().padStart(10)}  all sent, all faults over; waiting until every event is closed`);
    await untilReady(world);
    await untilQuiet(world, outcomes);
  } finally {
    clearInterval(ticker);
  }
  return await settle({ world, outcomes, folder, ...options });
}

function progress(book: Book): string {
  const events = [...book.events.values()];
  const count = (isCounted: (event: (typeof events)[number]) => boolean) => events.filter(isCounted).length;
  const acknowledged = count((event) => event.acknowledgedAt !== undefined);
  const handled = count((event) => event.handled.length > 0);
  return `${book.clock().padStart(10)}  ${events.length} sent, ${acknowledged} acknowledged, ${handled} handled`;
}
