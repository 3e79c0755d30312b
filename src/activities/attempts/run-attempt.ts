// Runs one attempt of a step, local or regular: keeps the attempt log, and turns a failed attempt into what
// Temporal does next.
import { ApplicationFailure, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { LoadBody } from '../../contracts/event.ts';
import {
  type ActivityInput,
  type Attempt,
  cutShort,
  type EventMeta,
  type Heartbeat,
  type StepName,
  type StepOutcome,
  toCanceled,
} from '../../contracts/event.ts';
import { workflowIdOfEvent } from '../../contracts/event-key.ts';
import { BODY_NOT_READ, INTERRUPTED, WORKER_LOST, WORKER_STOPPED } from '../../contracts/failures.ts';
import { INPUT_REFUSED, isRefused } from '../../contracts/refused.ts';
import type { RawBody, StoredBody } from '../../payloads/raw-body.ts';
import { retryLater, toFailure } from './attempt-failures.ts';
import type { AttemptResult } from './attempt-result.ts';
import { type Gate, holdBack } from './hold-back.ts';
import { complete, conclude, isUsedUp } from './next-attempt.ts';
import { OncePerRun } from './once-per-run.ts';
import { untilAborted, within } from './within.ts';

export interface AttemptNumber {
  attempt: number;
  /** The attempt before it did not come to its end. */
  followsInterruption: boolean;
  /** What an earlier attempt has reported last, perhaps on another worker. */
  progress: unknown;
}

export interface AttemptOptions {
  input: ActivityInput;
  /** The workflow gives a local activity the body, or the place of the body in the storage. */
  body: RawBody | StoredBody | undefined;
  loadBody: LoadBody;
  /** Milliseconds before each retry; undefined: this worker's config lacks the step's handler or endpoint. */
  schedule: readonly number[] | undefined;
  timeoutMs: number;
  /** Rejects only if the attempt was not begun: then it is no attempt, and costs none. */
  work: (
    body: RawBody,
    attempt: AttemptNumber,
    signal: AbortSignal,
    heartbeat: Beat,
  ) => Promise<AttemptResult>;
  /** May hold the step back, which uses up no attempt. */
  gate?: Gate;
}

type Beat = (details?: unknown) => void;

/** A worker that is lost is noticed within 30 s, the heartbeat time-out that the workflow sets. */
const HEARTBEAT_INTERVAL_MS = 5_000;
/** Shorter than `TIMEOUT_MARGIN_MS`, by which Temporal's time-out is longer than the limit of an attempt. */
const LOAD_WITHIN_MS = 4_000;
const LOAD_AGAIN_AFTER_MS = 2_000;

const locally = new OncePerRun<StepOutcome>();

const keyOf = (runId: string | undefined, step: StepName) => `${runId} ${step}`;

/** @returns the outcome of a step's local attempt, if this process has made it and not forgotten it */
export async function recallLocalAttempt(
  runId: string | undefined,
  step: StepName,
): Promise<StepOutcome | undefined> {
  return await locally.recall(keyOf(runId, step));
}

/**
 * A local activity never throws: after the outcome `retrying` the workflow goes on with a regular activity. A
 * regular activity throws, so that Temporal's retry policy does the waiting; its failure carries the outcome
 * once final.
 */
export async function runAttempt(options: AttemptOptions): Promise<StepOutcome> {
  const { info } = Context.current();
  refuseOtherEvents(options.input.event, info.workflowExecution?.workflowId);
  const beat = isRefused(info.heartbeatDetails)
    ? undefined
    : (info.heartbeatDetails as Heartbeat | undefined);
  const log = [...(beat?.attempts ?? options.input.attempts)];
  if (!info.isLocal) addLostAttempts(log, info.attempt - 1 - (beat?.temporal_attempt ?? 0));
  if (info.isLocal) {
    const key = keyOf(info.workflowExecution?.runId, options.input.step);
    return await locally.do(key, () => attemptLocally(options, log));
  }
  if (beat === undefined && info.attempt === 1) handOver(log);
  // An operator's "retry now" resets the activity: Temporal counts from 1 again, but keeps the heartbeat.
  const isRetryNow = beat !== undefined && info.attempt === 1;
  const hold = options.gate?.enter({ mayWait: true, isRetryNow });
  if (hold) throw holdBack(options.input.step, hold, beat, log);
  try {
    const body = await getBody(options).catch((error) => {
      beatWith({ ...beat, attempts: log }); // no attempt was lost: none was begun
      throw error;
    });
    return await attemptHeartbeating(options, body, log, beat);
  } finally {
    options.gate?.leave();
  }
}

/**
 * The codec accepts only what was encrypted for this workflow. This keeps out what was encrypted for it as something else:
 * the parts of one history put together in another way.
 */
function refuseOtherEvents({ source, event_id }: EventMeta, workflowId: string | undefined): void {
  if (workflowIdOfEvent(source, event_id) === workflowId) return;
  throw ApplicationFailure.nonRetryable(
    'the arguments are refused: they are not those of the event of this workflow',
    INPUT_REFUSED,
  );
}

/** A step that is held back, or whose body cannot be read, makes no attempt: a regular activity can wait. */
async function attemptLocally(options: AttemptOptions, log: Attempt[]): Promise<StepOutcome> {
  const later: StepOutcome = { step: options.input.step, status: 'retrying', attempts: log };
  if (options.gate?.enter({ mayWait: false })) return later;
  try {
    let body: RawBody;
    try {
      body = await getBody(options);
    } catch {
      return later;
    }
    return await attemptOnce(options, body, log, () => undefined).catch(() => later);
  } finally {
    options.gate?.leave();
  }
}

/** Runs before the attempt begins: a slow Temporal must not use up an endpoint's time and attempts. */
async function getBody({ body, loadBody }: AttemptOptions): Promise<RawBody> {
  if (body && 'bytes' in body) return body;
  const load = loadBody(Context.current().info.workflowExecution, body);
  try {
    return await within(LOAD_WITHIN_MS, (signal) => Promise.race([load, untilAborted(signal)]));
  } catch (error) {
    throwIfCancelled();
    throw ApplicationFailure.create({
      message: `the body could not be read: ${(error as Error).message}`,
      type: BODY_NOT_READ,
      nextRetryDelay: LOAD_AGAIN_AFTER_MS,
    });
  }
}

/**
 * The delay after the local activity's attempt passes as every other delay does: in Temporal's backoff, where
 * an operator can see the wait and end it.
 */
function handOver(log: Attempt[]): void {
  const last = log.at(-1);
  const delay = last?.next_attempt_at ? Date.parse(last.next_attempt_at) - Date.now() : 0;
  if (last === undefined || delay <= 0) return;
  beatWith({ attempts: log });
  throw retryLater(last, delay);
}

/** Of an attempt that does not begin: it is not counted as one whose worker was lost. */
export function keepLog(input: ActivityInput): void {
  const { heartbeatDetails: details } = Context.current().info;
  const beat = isRefused(details) ? undefined : (details as Heartbeat | undefined);
  beatWith({ ...beat, attempts: beat?.attempts ?? input.attempts });
}

/**
 * Names the attempt of Temporal's in each heartbeat, for `addLostAttempts`.
 *
 * @param context given where a message of another process is what calls: no activity is current then
 */
function beatWith(details: Omit<Heartbeat, 'temporal_attempt'>, context = Context.current()): void {
  context.heartbeat({ ...details, temporal_attempt: context.info.attempt } satisfies Heartbeat);
}

/**
 * Temporal's own count is the floor of the log: an attempt whose worker was lost before its first heartbeat arrived is in
 * no heartbeat, and may have had its effect.
 */
function addLostAttempts(log: Attempt[], count: number): void {
  for (let lost = 0; lost < count; lost++) {
    const message = `${WORKER_LOST}, before it could be recorded`;
    const at = new Date().toISOString();
    log.push({ attempt: log.length + 1, at, duration_ms: 0, error: INTERRUPTED, message });
  }
}

async function attemptHeartbeating(
  options: AttemptOptions,
  body: RawBody,
  log: Attempt[],
  beat: Heartbeat | undefined,
): Promise<StepOutcome> {
  let progress = beat?.progress;
  const kept = beat?.first_held_at === undefined ? {} : { first_held_at: beat.first_held_at };
  const context = Context.current();
  const send = () => beatWith({ attempts: log, progress, ...kept }, context);
  const timer = setInterval(send, HEARTBEAT_INTERVAL_MS);
  try {
    const onDetails = (details: unknown) => {
      progress = details;
      send();
    };
    const before = beat?.progress;
    const outcome = await attemptOnce({ ...options, progress: before }, body, log, onDetails, send);
    if (outcome.status === 'succeeded') return outcome;
    send();
    if (isCancelRequested()) throw new CancelledFailure('canceled', [toCanceled(outcome)]);
    throw toFailure(outcome);
  } finally {
    clearInterval(timer);
  }
}

async function attemptOnce(
  { input, schedule, timeoutMs, work, progress }: AttemptOptions & { progress?: unknown },
  body: RawBody,
  log: Attempt[],
  heartbeat: Beat,
  onBegin?: () => void,
): Promise<StepOutcome> {
  const context = Context.current();
  if (isUsedUp(input.step, log, schedule)) return { step: input.step, status: 'failed', attempts: log };
  const followsInterruption = log.at(-1)?.error === INTERRUPTED;
  const entry: Attempt = {
    attempt: log.length + 1,
    at: new Date().toISOString(),
    duration_ms: 0,
    error: INTERRUPTED,
  };
  entry.message = WORKER_LOST;
  log.push(entry);
  onBegin?.();
  const started = performance.now();
  let result: AttemptResult;
  try {
    result = await within(timeoutMs, (signal) =>
      work(body, { attempt: entry.attempt, followsInterruption, progress }, signal, heartbeat),
    );
  } catch (error) {
    log.pop(); // nothing was begun
    onBegin?.();
    throwIfCancelled();
    throw error;
  }
  entry.duration_ms = Math.round(performance.now() - started);
  const isCutOff = !result.ok && context.cancellationSignal.aborted;
  if (!isCutOff) complete(entry, result);
  else if (isCancelRequested()) Object.assign(entry, cutShort(entry));
  else entry.message = WORKER_STOPPED;
  // What work says once it is cut off is no verdict on it: not even a time-out, which would be final for a task.
  return conclude(input, schedule, log, isCutOff ? { ok: false } : result);
}

/** A cancelled run needs to get the cancellation. If the worker stops, another worker makes the attempt. */
function throwIfCancelled(): void {
  if (isCancelRequested()) Context.current().cancellationSignal.throwIfAborted();
}

function isCancelRequested(): boolean {
  const { cancellationDetails, cancellationSignal } = Context.current();
  return cancellationSignal.aborted && cancellationDetails?.cancelRequested === true;
}
