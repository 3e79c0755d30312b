// Ends a run: reads what Temporal has, judges every event, and prints the timeline of each event that is wrong.
import type { EventView } from '../src/api/operator/events/event-view.ts';
import { judge, judgeStarts, LATE, TWICE } from './account.ts';
import { judgeAvailability, measureAvailability } from './availability.ts';
import { type Book, type EventRecord, keyOf } from './book.ts';
import { isDeed } from './deeds.ts';
import type { World } from './inflict.ts';
import { listWorkflowIds, type Outcome, readView, showsTimeOut } from './outcomes.ts';
import { TOKEN } from './processes.ts';
import { buildReport, type ChaosReport } from './report.ts';
import { recordKeyOf } from './tasks.ts';
import { timelineOf } from './timeline.ts';

/** More timelines would only repeat what is wrong. */
const TIMELINES_MAX = 10;
/** At this load a process has a core for at most a third of the time, and tasks time out in live workers. */
const STARVED_LOAD_PER_CORE = 3;
/** The load average is that of the last minute. */
const LOAD_LAG_MS = 60_000;

export interface Settlement {
  world: World;
  outcomes: Map<string, Outcome>;
  folder: string;
  seed: number;
  minutes: number;
}

export async function settle({ world, outcomes, folder, seed, minutes }: Settlement): Promise<ChaosReport> {
  const { book, temporal, processes, say } = world;
  const failedStarts = processes.flatMap((process) => process.failedStarts);
  book.problems.push(...judgeStarts(book, failedStarts));
  const availability = measureAvailability(book, ({ at, endedAt }) => isStarvedBetween(book, at, endedAt));
  book.problems.push(...judgeAvailability(book, availability), ...judgeEnds(book));
  const events = [...book.events.values()];
  const views = await readViews(
    world,
    events.filter((event) => outcomes.get(keyOf(event))?.status === 'failed'),
  );
  for (const id of await listWorkflowIds(temporal.client)) {
    if (!book.events.has(recordKeyOf(id)))
      book.problems.push(`${id}: Temporal has it, but it was never sent`);
  }
  const faults = new Map<string, string[]>();
  const starved: string[] = [];
  for (const event of events) {
    const found = judge({ book, outcomes, views }, event);
    const wrong = found.length > 0 ? await withoutStarvation(world, event, found) : [];
    const excused = found.filter((line) => !wrong.includes(line));
    starved.push(...excused.map((line) => `${keyOf(event)}: ${line}`));
    if (wrong.length === 0) continue;
    faults.set(keyOf(event), wrong);
    if (faults.size > TIMELINES_MAX) continue;
    const timeline = await timelineOf(book, event, temporal.client, folder);
    say(`\n${keyOf(event)} (${event.type}): ${wrong.join('; ')}\n${timeline.join('\n')}`);
  }
  return buildReport({ seed, minutes, book, outcomes, faults, starved, availability });
}

/** Every process that a deed was to end has ended by now: a blocked one at the latest after the limit and a grace. */
function judgeEnds({ incidents }: Book): string[] {
  const open = incidents.filter((incident) => isDeed(incident) && incident.until === undefined);
  return open.map(({ action, target }) => `${target} has not ended after its handler ${action}`);
}

async function readViews(world: World, events: EventRecord[]): Promise<Map<string, EventView>> {
  const views = new Map<string, EventView>();
  for (const event of events) views.set(keyOf(event), await viewOf(world, event));
  return views;
}

async function viewOf({ processes }: World, event: EventRecord): Promise<EventView> {
  const operatorUrl = processes.find(({ role }) => role === 'api')?.operatorUrl ?? '';
  return await readView(operatorUrl, TOKEN, event);
}

/**
 * Drops what a busy machine explains: its load can stop a worker for as long as a SIGSTOP, and time-outs in
 * Temporal show it.
 */
async function withoutStarvation(world: World, event: EventRecord, faults: string[]): Promise<string[]> {
  if (!isStarved(world.book, event)) return faults;
  const others = faults.filter((fault) => !fault.startsWith(LATE));
  if (!others.some((fault) => fault.startsWith(TWICE))) return others;
  const timedOut = await showsTimeOut(world.temporal.client, event, await viewOf(world, event));
  return timedOut ? others.filter((fault) => !fault.startsWith(TWICE)) : others;
}

function isStarved(book: Book, { sends, handled, deliveries }: EventRecord): boolean {
  const times = [...sends, ...handled, ...deliveries].map(({ at }) => at);
  return isStarvedBetween(book, Math.min(...times), Math.max(...times));
}

function isStarvedBetween({ loads }: Book, from: number, to: number): boolean {
  const until = to + LOAD_LAG_MS;
  return loads.some(({ at, perCore }) => at >= from && at <= until && perCore > STARVED_LOAD_PER_CORE);
}
