// One attempt of a step, local or regular: keeps the attempt log, and turns a failed attempt into what Temporal should do next.
import { ApplicationFailure, Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import type { LoadBody } from '../../contracts/event.ts';
import {
  type ActivityInput,
  type Attempt,
  cutShort,
  type Heartbeat,
  type StepName,
  type StepOutcome,
  toCanceled,
} from '../../contracts/event.ts';
import { BODY_NOT_READ, INTERRUPTED } from '../../contracts/failures.ts';
import type { RawBody, StoredBody } from '../../payloads/raw-body.ts';
import { retryLater, toFailure } from './attempt-failures.ts';
import { complete, conclude, isUsedUp } from './attempt-log.ts';
import type { AttemptResult } from './attempt-result.ts';
import { type Gate, holdBack } from './hold-back.ts';
import { OncePerRun } from './once-per-run.ts';
import { untilAborted, within } from './within.ts';

export interface AttemptOptions {
  input: ActivityInput;
  /** A local activity has it from the workflow, or where it is. */
  body: RawBody | StoredBody | undefined;
  loadBody: LoadBody;
  /** The delay before each retry, in milliseconds; undefined: this worker's config lacks what the step needs. */
  schedule: readonly number[] | undefined;
  timeoutMs: number;
  work: (body: RawBody, attempt: number, signal: AbortSignal, heartbeat: Beat) => Promise<AttemptResult>;
  /** What may hold an attempt back: that is no attempt, and costs none. */
  gate?: Gate;
}

type Beat = (details?: unknown) => void;

/** Workers heartbeat this often: a lost one is noticed within the workflow's heartbeat time-out of 30 s. */
const HEARTBEAT_INTERVAL_MS = 5_000;
/** Shorter than the margin that the workflow leaves between the limit of an attempt and Temporal's own. */
const LOAD_WITHIN_MS = 4_000;
const LOAD_AGAIN_AFTER_MS = 2_000;

const locally = new OncePerRun<StepOutcome>();

const keyOf = (runId: string | undefined, step: StepName) => `${runId} ${step}`;

/** @returns what the local attempt of a step came to, if this process has made it of late */
export async function recallLocalAttempt(
  runId: string | undefined,
  step: StepName,
): Promise<StepOutcome | undefined> {
  return await locally.recall(keyOf(runId, step));
}

/**
 * A local activity never throws: the workflow goes on with a regular one if the outcome is `retrying`. A regular one
 * throws, so that Temporal's retry policy does the waiting; its failure holds the outcome once it is final.
 */
export async function runAttempt(options: AttemptOptions): Promise<StepOutcome> {
  const { info } = Context.current();
  const beat = info.heartbeatDetails as Heartbeat | undefined;
  const log = [...(beat?.attempts ?? options.input.attempts)];
  if (!info.isLocal) addLostAttempts(log, info.attempt - 1 - (beat?.temporal_attempt ?? 0));
  if (info.isLocal) {
    const key = keyOf(info.workflowExecution?.runId, options.input.step);
    return await locally.do(key, () => attemptLocally(options, log));
  }
  if (beat === undefined && info.attempt === 1) handOver(log);
  // Temporal counts anew from a reset on, which is how "retry now" comes; what was tried stays in the heartbeat.
  const isTold = beat !== undefined && info.attempt === 1;
  const hold = options.gate?.enter({ mayWait: true, isTold });
  if (hold) throw holdBack(options.input.step, hold, beat, log);
  try {
    const body = await getBody(options).catch((error) => {
      beatWith({ ...beat, attempts: log }); // no attempt was lost: none was begun
      throw error;
    });
    return await attemptHeartbeating(options, body, log, beat?.first_held_at);
  } finally {
    options.gate?.leave();
  }
}

/** Held back, or without its body, it is no attempt: a regular activity can wait. */
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
    return await attemptOnce(options, body, log, () => undefined);
  } finally {
    options.gate?.leave();
  }
}

/** Before the attempt begins, or a Temporal that answers late would use up the time, and the attempts, of the endpoint. */
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
 * The local activity's attempt was followed by a delay. The regular one waits for it as it does for all others: in
 * Temporal's backoff, where it is seen, and can be told to go on now.
 */
function handOver(log: Attempt[]): void {
  const last = log.at(-1);
  const delay = last?.next_attempt_at ? Date.parse(last.next_attempt_at) - Date.now() : 0;
  if (last === undefined || delay <= 0) return;
  beatWith({ attempts: log });
  throw retryLater(last, delay);
}

/** Names the attempt of Temporal's in each heartbeat, for `addLostAttempts`. */
function beatWith(details: Omit<Heartbeat, 'temporal_attempt'>): void {
  const context = Context.current();
  context.heartbeat({ ...details, temporal_attempt: context.info.attempt } satisfies Heartbeat);
}

/**
 * Temporal's own count is the floor of the log: an attempt whose worker was lost before its first heartbeat arrived is in
 * no heartbeat, and may have had its effect.
 */
function addLostAttempts(log: Attempt[], count: number): void {
  for (let lost = 0; lost < count; lost++) {
    const message = 'the worker was lost during this attempt, before it could be recorded';
    const at = new Date().toISOString();
    log.push({ attempt: log.length + 1, at, duration_ms: 0, error: INTERRUPTED, message });
  }
}

async function attemptHeartbeating(
  options: AttemptOptions,
  body: RawBody,
  log: Attempt[],
  first_held_at: string | undefined,
): Promise<StepOutcome> {
  let progress: unknown;
  const kept = first_held_at === undefined ? {} : { first_held_at };
  const send = () => beatWith({ attempts: log, progress, ...kept });
  const timer = setInterval(send, HEARTBEAT_INTERVAL_MS);
  try {
    const onDetails = (details: unknown) => {
      progress = details;
      send();
    };
    const outcome = await attemptOnce(options, body, log, onDetails, send);
    if (outcome.status === 'succeeded') return outcome;
    send();
    if (isCancelRequested()) throw new CancelledFailure('canceled', [toCanceled(outcome)]);
    throw toFailure(outcome);
  } finally {
    clearInterval(timer);
  }
}

async function attemptOnce(
  { input, schedule, timeoutMs, work }: AttemptOptions,
  body: RawBody,
  log: Attempt[],
  heartbeat: Beat,
  onBegin?: () => void,
): Promise<StepOutcome> {
  const context = Context.current();
  if (isUsedUp(log, schedule)) return { step: input.step, status: 'failed', attempts: log };
  const entry: Attempt = {
    attempt: log.length + 1,
    at: new Date().toISOString(),
    duration_ms: 0,
    error: INTERRUPTED,
  };
  entry.message = 'the worker was lost during this attempt';
  log.push(entry);
  onBegin?.();
  const started = performance.now();
  const result = await within(timeoutMs, (signal) => work(body, entry.attempt, signal, heartbeat));
  entry.duration_ms = Math.round(performance.now() - started);
  if (result.ok || !context.cancellationSignal.aborted) complete(entry, result);
  else if (isCancelRequested()) Object.assign(entry, cutShort(entry));
  else entry.message = 'the worker was stopped during this attempt';
  return conclude(input, schedule, log, result);
}

/** A cancelled workflow wants to hear of it; a worker that stops wants its attempt to be made again elsewhere. */
function throwIfCancelled(): void {
  if (isCancelRequested()) Context.current().cancellationSignal.throwIfAborted();
}

function isCancelRequested(): boolean {
  const { cancellationDetails, cancellationSignal } = Context.current();
  return cancellationSignal.aborted && cancellationDetails?.cancelRequested === true;
}
