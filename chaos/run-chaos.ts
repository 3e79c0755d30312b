// A run from start to end: processes and load up, faults, quiet, accounting.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventView } from '../src/api/event-view.ts';
import { loadSettings } from '../src/config/settings.ts';
import { findTemporalCli } from '../src/temporal/find-cli.ts';
import { judge } from './account.ts';
import { Book, keyOf } from './book.ts';
import { inflict, type World } from './inflict.ts';
import { listWorkflowIds, type Outcome, readView } from './outcomes.ts';
import { planFaults } from './plan-faults.ts';
import { createProcesses, TOKEN } from './processes.ts';
import { untilQuiet, untilReady, untilUp } from './quiet.ts';
import { Receiver } from './receiver.ts';
import { buildReport, type ChaosReport } from './report.ts';
import { Sender } from './sender.ts';
import type { Role } from './surehook-process.ts';
import { TemporalServer } from './temporal-server.ts';
import { timelineOf } from './timeline.ts';

const PROGRESS_INTERVAL_MS = 10_000;
/** More would only repeat what is wrong. */
const TIMELINES_MAX = 10;

export interface ChaosOptions {
  minutes: number;
  ratePerSecond: number;
  seed: number;
  /** Processes of `surehook serve`, besides two each of `api` and `worker`. */
  serves: number;
  /** Leaves logs and database where they are. */
  keep: boolean;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** @throws Error if it cannot begin, or is interrupted; what is wrong with events is in the report */
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
  const { minutes, seed, signal, say } = options;
  const durationMs = minutes * 60_000;
  const book = new Book();
  const receiver = await Receiver.start(book);
  stops.push(() => receiver.stop());
  const { path, cacheDir, temporalCliPath } = loadSettings();
  const given = temporalCliPath ? { cliPath: temporalCliPath } : {};
  const cliPath = await findTemporalCli({ ...given, path, cacheDir, onProgress: say, signal });
  const temporal = await TemporalServer.start({ cliPath, folder, book });
  stops.push(() => temporal.stop());
  const killTemporal = () => temporal.killNow();
  process.once('exit', killTemporal);
  stops.push(async () => void process.off('exit', killTemporal));
  const { processes, ingresses } = await createProcesses({
    folder,
    book,
    receiver,
    temporal,
    serves: options.serves,
  });
  stops.push(async () => void (await Promise.all(processes.map((one) => one.retire()))));
  for (const one of processes) one.start();
  await untilUp(processes, signal);

  const named = (role: Role) => processes.filter((one) => one.role === role).map(({ name }) => name);
  const faults = planFaults({
    seed,
    durationMs,
    workers: named('worker'),
    apis: named('api'),
    serves: named('serve'),
  });
  const world: World = { book, temporal, receiver, processes, say, signal };
  book.startedAt = Date.now();
  say(
    `${processes.map(({ name }) => name).join(', ')} are up; seed ${seed}, ${faults.length} faults, ${folder}`,
  );
  const sender = new Sender({ ...options, book, durationMs, ingresses });
  const ticker = setInterval(() => say(progress(book)), PROGRESS_INTERVAL_MS);
  const outcomes = new Map<string, Outcome>();
  try {
    await Promise.all([sender.run(), inflict(world, faults)]);
    say(`${book.clock().padStart(10)}  all sent, no faults any more; waiting until every event is closed`);
    await untilReady(world);
    await untilQuiet(world, outcomes);
  } finally {
    clearInterval(ticker);
  }
  return await account(world, outcomes, options, folder);
}

function progress(book: Book): string {
  const events = [...book.events.values()];
  const count = (isIt: (event: (typeof events)[number]) => boolean) => events.filter(isIt).length;
  const acknowledged = count((event) => event.acknowledgedAt !== undefined);
  const handled = count((event) => event.handled.length > 0);
  return `${book.clock().padStart(10)}  ${events.length} sent, ${acknowledged} acknowledged, ${handled} handled`;
}

async function account(
  { book, temporal, processes, say }: World,
  outcomes: Map<string, Outcome>,
  { seed, minutes }: ChaosOptions,
  folder: string,
): Promise<ChaosReport> {
  const events = [...book.events.values()];
  const operatorUrl = processes.find(({ role }) => role === 'api')?.operatorUrl ?? '';
  const views = new Map<string, EventView>();
  for (const event of events.filter((one) => outcomes.get(keyOf(one))?.status === 'failed')) {
    views.set(keyOf(event), await readView(operatorUrl, TOKEN, event));
  }
  for (const id of await listWorkflowIds(temporal.client)) {
    if (!book.events.has(id)) book.problems.push(`${id}: Temporal has it, but it was never sent`);
  }
  const judged = events.map((event) => [event, judge({ book, outcomes, views }, event)] as const);
  const offenders = judged.filter(([, faults]) => faults.length > 0);
  for (const [event, faults] of offenders.slice(0, TIMELINES_MAX)) {
    const timeline = await timelineOf(book, event, temporal.client, folder);
    say(`\n${keyOf(event)} (${event.type}): ${faults.join('; ')}\n${timeline.join('\n')}`);
  }
  const faults = new Map(offenders.map(([event, lines]) => [keyOf(event), lines]));
  return buildReport({ seed, minutes, book, outcomes, faults });
}
