// The accounting: judges each event by what the book and Temporal say, and names what no fault explains.
import type { EventView } from '../src/api/operator/events/event-view.ts';
import type { Attempt } from '../src/contracts/event.ts';
import { type Book, type EventRecord, type HandlerCall, type Incident, keyOf, type Send } from './book.ts';
import { COMPUTES, COMPUTES_MS, HOPELESS_ATTEMPTS, isDeed } from './deeds.ts';
import type { Outcome } from './outcomes.ts';
import { CALLBACK, isTask, SOME_WORKER } from './tasks.ts';

export interface Facts {
  book: Book;
  outcomes: ReadonlyMap<string, Outcome>;
  /** The failed events as the operator API shows them, by event key. */
  views: ReadonlyMap<string, EventView>;
}

/** A process that ended before it was up. */
export interface FailedStart {
  instance: string;
  at: number;
  until: number;
}

/** The first words of what is wrong where a machine without free cores may be the cause. */
export const TWICE = 'TWICE';
export const LATE = 'LATE';

interface Expected {
  handled: boolean;
  endpoints: string[];
  /** The endpoint whose delivery must fail, or `handler`. */
  failed?: string;
}

/** How the log begins to tell of an attempt whose worker was lost. */
const WORKER_LOST = 'the worker was lost';
/** What must become of each task, and of each event of a source whose handlers are nasty. */
const EXPECTED_OF_SOURCE: Record<string, Expected> = {
  wild: { handled: true, endpoints: ['healthy', 'flaky'] },
  hopeless: { handled: false, endpoints: [], failed: 'handler' },
  patient: { handled: true, endpoints: ['healthy', 'flaky'] },
  agent: { handled: true, endpoints: [CALLBACK] },
};
/** What must become of each event type of the other sources. */
const EXPECTED: Record<string, Expected> = {
  'order.paid': { handled: true, endpoints: ['healthy', 'flaky'] },
  'order.bumpy': { handled: true, endpoints: ['healthy', 'flaky'] },
  'order.quiet': { handled: true, endpoints: [] },
  'order.odd': { handled: true, endpoints: ['healthy', 'odd'] },
  'order.doomed': { handled: true, endpoints: ['healthy'], failed: 'broken' },
  'order.poison': { handled: false, endpoints: [], failed: 'handler' },
};

/**
 * Temporal has the outcome of a call within this time, unless something is taken down meanwhile: the first
 * attempts of an event report together, at the end of their workflow task, and the slowest attempt here is cut
 * off after 5 s.
 */
const IN_THE_ACT_MS = 10_000;
/** On a busy machine, work that waited for a process may be done this long after the process runs again. */
const RECOVERY_MS = 3_000;

/** @returns what is wrong with the event; empty if nothing is wrong */
export function judge(facts: Facts, event: EventRecord): string[] {
  const outcome = facts.outcomes.get(keyOf(event));
  if (event.acknowledgedAt === undefined) return ['never acknowledged: the sender gave up'];
  if (outcome === undefined || outcome.status === 'missing')
    return ['LOST: acknowledged, but Temporal does not know it'];
  if (outcome.status === 'open') return ['STUCK: not closed'];
  return [
    ...judgeStatus(facts, event, outcome),
    ...judgeHandling(facts, event),
    ...judgeDeeds(facts, event),
    ...judgeDeliveries(facts, event),
    ...judgeAnswers(facts.book, event),
  ];
}

const expectedOf = ({ source, type }: EventRecord) =>
  (EXPECTED_OF_SOURCE[source] ?? EXPECTED[type]) as Expected;

function judgeStatus({ book, views }: Facts, event: EventRecord, { status }: Outcome): string[] {
  const { failed } = expectedOf(event);
  if (status === 'processed') return failed ? [`processed, though ${failed} must fail`] : [];
  if (status !== 'failed') return [`ended as ${status}`];
  const view = views.get(keyOf(event));
  if (!view) return ['failed, and the operator API does not show it'];
  const faults: string[] = [];
  if (view.status !== 'failed') faults.push(`failed, but ${view.status} to the operator API`);
  if (failed === 'handler')
    return view.handler?.status === 'failed' ? faults : [...faults, 'the handler did not fail'];
  if (view.handler?.status !== 'succeeded')
    return [...faults, `the handler ${view.handler?.status}: ${view.error}`];
  for (const { endpoint, status, attempts } of view.deliveries.filter((one) => one.status !== 'succeeded')) {
    const refusals = event.deliveries.filter((one) => one.endpoint === endpoint && one.answer !== 200).length;
    const undisturbed = attempts.filter((attempt) => !isDisturbed(book, attempt)).length;
    if (status !== 'failed' || refusals === 0 || refusals < undisturbed)
      faults.push(
        `dead at ${endpoint} after ${undisturbed} attempts, of which it refused ${refusals}: ${view.error}`,
      );
  }
  return faults;
}

/** An attempt that was interrupted, or whose worker was stopped meanwhile, need not have reached the endpoint. */
function isDisturbed({ incidents }: Book, { at, duration_ms, status_code, error }: Attempt): boolean {
  if (status_code !== undefined) return false;
  const from = Date.parse(at);
  const isCause = ({ action, ...incident }: Incident) =>
    action === 'stop' && overlaps(incident, from, from + duration_ms);
  return error === 'interrupted' || incidents.some(isCause);
}

function judgeHandling({ book }: Facts, event: EventRecord): string[] {
  const { handled } = expectedOf(event);
  if (!handled) return event.handled.length === 0 ? [] : ['handled, though its handler must fail'];
  if (event.handled.length === 0) return ['LOST: acknowledged, but never handled'];
  return unexplained(book, event.handled, actOf(event)).map((pair) => `${TWICE}: handled ${pair}`);
}

/**
 * An attempt whose process the deed has ended is over, and counts: one number is used twice only if a worker or Temporal
 * failed, and a schedule that is used up is used up.
 */
function judgeDeeds({ book, views }: Facts, event: EventRecord): string[] {
  const view = views.get(keyOf(event));
  if (view && view.earlier_runs.length > 0) return []; // a resend has begun the attempts anew
  const faults: string[] = [];
  const byAttempt = Map.groupBy(event.deeds, ({ attempt }) => attempt);
  for (const [attempt, deeds] of byAttempt) {
    const ofWorkers = deeds.map(({ at, by }) => ({ at, by })); // that their processes end explains nothing
    const twice = unexplained(book, ofWorkers, { ...actOf(event), mayBeCutShort: true });
    faults.push(...twice.map((pair) => `${TWICE}: attempt ${attempt} was made ${pair}`));
  }
  const attempts = view?.handler?.attempts ?? [];
  // Several lost workers may be noticed together, after the last attempt of the schedule.
  const recorded = attempts.filter(({ message = '' }) => !message.startsWith(WORKER_LOST)).length;
  if (event.source === 'hopeless' && (attempts.length < HOPELESS_ATTEMPTS || recorded > HOPELESS_ATTEMPTS))
    faults.push(`${attempts.length} attempts are on record, and the schedule has ${HOPELESS_ATTEMPTS}`);
  return faults;
}

function judgeDeliveries(facts: Facts, event: EventRecord): string[] {
  const { endpoints, failed } = expectedOf(event);
  const faults: string[] = [];
  const view = facts.views.get(keyOf(event));
  // Without its handler an event is not delivered, and `judgeStatus` says so.
  const isHeld = view?.status === 'failed' && view.handler?.status === 'failed';
  const dead = view?.deliveries.filter((one) => isHeld || one.status === 'failed') ?? [];
  for (const endpoint of endpoints) {
    const taken = event.deliveries.filter((one) => one.endpoint === endpoint && one.answer === 200);
    if (taken.length === 0 && !dead.some((one) => one.endpoint === endpoint))
      faults.push(`LOST: never delivered to ${endpoint}`);
    const twice = unexplained(facts.book, taken);
    faults.push(...twice.map((pair) => `${TWICE}: delivered to ${endpoint} ${pair}`));
  }
  const ids = new Set(event.deliveries.map(({ webhookId }) => webhookId));
  if (ids.size > 1) faults.push(`delivered under ${ids.size} webhook-ids`);
  const known = [...endpoints, ...(failed ? [failed] : [])];
  for (const { endpoint, identical, verified } of event.deliveries) {
    if (!known.includes(endpoint)) faults.push(`delivered to ${endpoint}`);
    if (!identical) faults.push(`delivered to ${endpoint} with other bytes`);
    if (!verified) faults.push(`delivered to ${endpoint} with a signature that does not verify`);
  }
  return faults;
}

interface Act {
  /** For so long the call had been at work before it was counted. */
  beforeMs: number;
  /** The act is longer than a worker that stops in order waits for it. */
  mayBeCutShort: boolean;
}

const SHORT_ACT: Act = { beforeMs: 0, mayBeCutShort: false };

/** The handler that computes counts at its end. */
function actOf({ type }: EventRecord): Act {
  return type === COMPUTES ? { beforeMs: COMPUTES_MS, mayBeCutShort: true } : SHORT_ACT;
}

/** @returns each call that came after another one of the same, and that no fault explains */
function unexplained(book: Book, calls: readonly HandlerCall[], act = SHORT_ACT): string[] {
  return calls.slice(1).flatMap((second, i) => {
    const first = calls[i] as HandlerCall;
    if (book.incidents.some((incident) => explains(incident, first, second, act))) return [];
    return [`${book.clock(first.at)} by ${first.by}, ${book.clock(second.at)} by ${second.by}`];
  });
}

/**
 * A second call is explained if the Temporal server, the first call's worker or its handler process was ended or stopped
 * before Temporal could have the first call's outcome; or if the second call's worker or process was stopped with the
 * task while another one did it.
 */
function explains(incident: Incident, first: HandlerCall, second: HandlerCall, act: Act): boolean {
  const { action, target } = incident;
  const known = Math.min(second.at, first.at + IN_THE_ACT_MS);
  if (isDeed(incident)) {
    // What a process has sent just before its end may be counted just after it.
    if (target === first.process) return overlaps(incident, first.at - RECOVERY_MS - act.beforeMs, known);
    const wasBlocked = action === 'blocks' || action === COMPUTES;
    return wasBlocked && target === second.process && overlaps(incident, second.at - RECOVERY_MS, second.at);
  }
  const isEnd = action === 'kill' || action === 'stop' || (action === 'term' && act.mayBeCutShort);
  // A task that was handed out just before a stop is begun right after the stop.
  if (isEnd && (isOf(target, first) || target.startsWith('temporal#')))
    return overlaps(incident, first.at - RECOVERY_MS - act.beforeMs, known);
  return action === 'stop' && isOf(target, second) && overlaps(incident, second.at - RECOVERY_MS, second.at);
}

function isOf(target: string, { by }: HandlerCall): boolean {
  return by === SOME_WORKER ? /^(worker|serve)\d+#/.test(target) : target === by;
}

/** A start may fail only if Temporal is away or has just come back, or if the process itself was stopped. */
export function judgeStarts(book: Book, starts: readonly FailedStart[]): string[] {
  return starts.flatMap(({ instance, at, until }) => {
    const isCause = ({ action, target, ...incident }: Incident) =>
      (target.startsWith('temporal#') || (target === instance && action === 'stop')) &&
      overlaps(incident, at - RECOVERY_MS, until);
    return book.incidents.some(isCause)
      ? []
      : [`${instance} did not start at ${book.clock(at)}, with Temporal up`];
  });
}

const overlaps = (
  { at, until = Number.POSITIVE_INFINITY }: Pick<Incident, 'at' | 'until'>,
  from: number,
  to: number,
) => at <= to && until >= from;

/**
 * An ingress may answer 2xx or the documented 503, and 409 while its earlier start of the same task is in flight; a
 * connection may break only if its process was killed or stopped.
 */
function judgeAnswers(book: Book, event: EventRecord): string[] {
  const allowed: Send['answer'][] = [200, 202, 503, ...(isTask(event) ? [409] : [])];
  return event.sends.flatMap(({ at, endedAt, to, answer }) => {
    if (allowed.includes(answer)) return [];
    const isCause = ({ action, target, at: from, until = Number.POSITIVE_INFINITY }: Incident) =>
      target.startsWith(`${to}#`) &&
      (action !== 'term' || answer === 'ECONNREFUSED') &&
      overlaps({ at: from, until: until + RECOVERY_MS }, at, endedAt);
    if (typeof answer === 'string' && book.incidents.some(isCause)) return [];
    const what = `${to} answered with ${answer} at ${book.clock(endedAt)} without a fault`;
    return [answer === 'timeout' ? `${LATE}: ${what}` : what];
  });
}
