// Concludes an attempt: writes its result into the attempt log, and decides by the schedule whether and when
// the next attempt follows.
import type { ActivityInput, Attempt, StepName, StepOutcome } from '../../contracts/event.ts';
import { INTERRUPTED, WORKER_LOST, WORKER_STOPPED } from '../../contracts/failures.ts';
import type { AttemptResult } from './attempt-result.ts';

/** Each delay is changed by up to a tenth, either way, so that many retries spread. */
const JITTER = 0.1;
/** A `Retry-After` is spread by at least so much: Temporal's timers fire in whole seconds, and less would be no spread. */
const SPREAD_LEAST_MS = 2_000;

/** 3.6 minutes: while workers are replaced, an old one may not know a new source, handler or endpoint yet. */
const MISSING_RETRY_MS = [1_000, 5_000, 30_000, 60_000, 120_000];
const MISSING = ['handler_missing', 'endpoint_missing', 'task_type_missing'];

/** Work may take hours, in which workers come and go: so often it is cut short at no cost. More would be its own fault. */
const WORK_CUT_SHORT_MAX = 10;

/** Also counts attempts whose worker was lost: a step that kills its worker would be repeated for ever. */
export function isUsedUp(
  step: StepName,
  log: readonly Attempt[],
  schedule: readonly number[] | undefined,
): boolean {
  return countOf(step, log, schedule) > (schedule ?? MISSING_RETRY_MS).length;
}

/** Attempts whose config lacks the step's handler or endpoint use up a schedule of their own. */
function countOf(step: StepName, log: readonly Attempt[], schedule: readonly number[] | undefined): number {
  const missing = log.filter(({ error = '' }) => MISSING.includes(error)).length;
  if (schedule === undefined) return missing;
  const cutShort = step.startsWith('work:') ? log.filter(isCutShort).length : 0;
  return log.length - missing - Math.min(cutShort, WORK_CUT_SHORT_MAX);
}

function isCutShort({ error, message = '' }: Attempt): boolean {
  return error === INTERRUPTED && (message.startsWith(WORKER_LOST) || message === WORKER_STOPPED);
}

export function complete(entry: Attempt, result: AttemptResult): void {
  delete entry.error;
  delete entry.message;
  if (result.statusCode !== undefined) entry.status_code = result.statusCode;
  if (result.error !== undefined) entry.error = result.error;
  if (result.message) entry.message = result.message;
  if (result.stack) entry.stack = result.stack;
  if (result.responseExcerpt) entry.response_excerpt = result.responseExcerpt;
}

export function conclude(
  { step }: ActivityInput,
  schedule: readonly number[] | undefined,
  attempts: Attempt[],
  { ok, result, permanent, retryAfterMs, error }: AttemptResult,
): StepOutcome {
  if (ok) return { step, status: 'succeeded', attempts, ...(result === undefined ? {} : { result }) };
  const last = attempts.at(-1);
  // A worker that stops has its attempt made again elsewhere at once; what the handler did to its process waits.
  const isWorkerStopping = last?.error === INTERRUPTED && error !== INTERRUPTED;
  const count = countOf(step, attempts, schedule);
  const delay = (schedule ?? MISSING_RETRY_MS)[isWorkerStopping ? Math.max(0, count - 1) : count - 1];
  if (permanent || last === undefined || (delay === undefined && !(isWorkerStopping && count === 0)))
    return { step, status: 'failed', attempts };
  const jittered = (delay ?? 0) * (1 + JITTER * (2 * Math.random() - 1));
  const wait = isWorkerStopping
    ? 0
    : Math.max(jittered, retryAfterMs === undefined ? 0 : spreadLater(retryAfterMs));
  last.next_attempt_at = new Date(Date.now() + wait).toISOString();
  return { step, status: 'retrying', attempts };
}

/** Many deliveries may be told the same wait, and none may come back earlier. */
function spreadLater(waitMs: number): number {
  return waitMs + Math.max(SPREAD_LEAST_MS, JITTER * waitMs) * Math.random();
}
