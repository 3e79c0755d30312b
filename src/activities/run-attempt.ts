// One try of a step, local or regular: keeps the attempt log, and turns a failed try into what Temporal should do next.
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import { BODY_NOT_READ, INTERRUPTED, STEP_FAILED } from '../failures.ts';
import type { ActivityInput, Attempt, StepOutcome } from '../messages.ts';
import type { RawBody } from '../raw-body.ts';
import type { LoadBody } from '../temporal/load-body.ts';
import { OncePerRun } from './once-per-run.ts';

/** What one try came to. */
export interface TryResult {
  ok: boolean;
  statusCode?: number;
  /** A code such as `timeout`; absent when an answer came. */
  error?: string;
  message?: string;
  stack?: string;
  responseExcerpt?: string;
  /** What the handler returned. */
  result?: unknown;
  /** No retry will help. */
  permanent?: boolean;
  /** The endpoint asked for at least this wait. */
  retryAfterMs?: number;
}

/** Heartbeat details of a regular activity: they survive failed attempts, and show while it waits. */
interface Heartbeat {
  attempts: Attempt[];
  /** What a handler reported last. */
  progress?: unknown;
}

export interface AttemptOptions {
  input: ActivityInput;
  /** A local activity has it from the workflow. */
  body: RawBody | undefined;
  loadBody: LoadBody;
  /** The delay before each retry, in milliseconds. */
  schedule: readonly number[];
  timeoutMs: number;
  work: (body: RawBody, attempt: number, signal: AbortSignal, heartbeat: Beat) => Promise<TryResult>;
}

type Beat = (details?: unknown) => void;

/** Workers heartbeat this often: a lost one is noticed within the workflow's heartbeat time-out of 30 s. */
const HEARTBEAT_INTERVAL_MS = 5_000;
/** Shorter than the margin that the workflow leaves between the limit of a try and Temporal's own. */
const LOAD_WITHIN_MS = 4_000;
const LOAD_AGAIN_AFTER_MS = 2_000;
/** The schedules' jitter: a tenth of each delay, either way, so that a crowd of retries spreads. */
const JITTER = 0.1;

const locally = new OncePerRun<StepOutcome>();

/**
 * A local activity never throws: the workflow goes on with a regular one if the outcome is `retrying`. A regular one
 * throws, so that Temporal's retry policy does the waiting; its failure holds the outcome once it is final.
 */
export async function runAttempt(options: AttemptOptions): Promise<StepOutcome> {
  const { info } = Context.current();
  const beat = info.heartbeatDetails as Heartbeat | undefined;
  const log = [...(beat?.attempts ?? options.input.attempts)];
  if (info.isLocal) {
    const key = `${info.workflowExecution?.runId} ${options.input.step}`;
    return await locally.do(key, () => tryOnce(options, options.body as RawBody, log, () => undefined));
  }
  if (beat === undefined) handOver(log);
  return await tryHeartbeating(options, await getBody(options), log);
}

/** Before the try begins, or a Temporal that answers late would use up the time, and the tries, of the endpoint. */
async function getBody({ body, loadBody }: AttemptOptions): Promise<RawBody> {
  if (body) return body;
  const { cancellationSignal, info } = Context.current();
  const limit = AbortSignal.any([cancellationSignal, AbortSignal.timeout(LOAD_WITHIN_MS)]);
  const late = new Promise<never>((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
  });
  late.catch(() => undefined); // a body that comes in time leaves nobody listening
  try {
    return await Promise.race([loadBody(info.workflowExecution), late]);
  } catch (error) {
    throwIfCancelled();
    throw ApplicationFailure.create({
      message: `the body could not be read from Temporal: ${(error as Error).message}`,
      type: BODY_NOT_READ,
      nextRetryDelay: LOAD_AGAIN_AFTER_MS,
    });
  }
}

/**
 * The local activity's try was followed by a delay. The regular one waits for it as it does for all others: in
 * Temporal's backoff, where it is seen, and can be told to go on now.
 */
function handOver(log: Attempt[]): void {
  const last = log.at(-1);
  const delay = last?.next_attempt_at ? Date.parse(last.next_attempt_at) - Date.now() : 0;
  if (last === undefined || delay <= 0) return;
  Context.current().heartbeat({ attempts: log } satisfies Heartbeat);
  throw retryLater(last, delay);
}

async function tryHeartbeating(options: AttemptOptions, body: RawBody, log: Attempt[]): Promise<StepOutcome> {
  const context = Context.current();
  let progress: unknown;
  const send = () => context.heartbeat({ attempts: log, progress } satisfies Heartbeat);
  const timer = setInterval(send, HEARTBEAT_INTERVAL_MS);
  try {
    const outcome = await tryOnce(options, body, log, (details) => {
      progress = details;
      send();
    });
    if (outcome.status === 'succeeded') return outcome;
    send();
    throwIfCancelled();
    throw toFailure(outcome);
  } finally {
    clearInterval(timer);
  }
}

async function tryOnce(
  { input, schedule, timeoutMs, work }: AttemptOptions,
  body: RawBody,
  log: Attempt[],
  heartbeat: Beat,
): Promise<StepOutcome> {
  const context = Context.current();
  // A worker that dies during each try would go round for ever: its tries count.
  if (log.length > schedule.length) return { step: input.step, status: 'failed', attempts: log };
  const entry: Attempt = {
    attempt: log.length + 1,
    at: new Date().toISOString(),
    duration_ms: 0,
    error: INTERRUPTED,
  };
  entry.message = 'the worker was lost during this try';
  log.push(entry);
  if (!context.info.isLocal) context.heartbeat({ attempts: log } satisfies Heartbeat);
  const started = performance.now();
  const signal = AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(timeoutMs)]);
  const result = await work(body, entry.attempt, signal, heartbeat);
  entry.duration_ms = Math.round(performance.now() - started);
  if (!result.ok && context.cancellationSignal.aborted)
    entry.message = 'the worker was stopped during this try';
  else complete(entry, result);
  return conclude(input, schedule, log, result);
}

function complete(entry: Attempt, result: TryResult): void {
  delete entry.error;
  delete entry.message;
  if (result.statusCode !== undefined) entry.status_code = result.statusCode;
  if (result.error !== undefined) entry.error = result.error;
  if (result.message) entry.message = result.message;
  if (result.stack) entry.stack = result.stack;
  if (result.responseExcerpt) entry.response_excerpt = result.responseExcerpt;
}

function conclude(
  { step }: ActivityInput,
  schedule: readonly number[],
  attempts: Attempt[],
  { ok, result, permanent, retryAfterMs }: TryResult,
): StepOutcome {
  if (ok) return { step, status: 'succeeded', attempts, ...(result === undefined ? {} : { result }) };
  const last = attempts.at(-1);
  const delay = schedule[attempts.length - 1];
  if (permanent || delay === undefined || last === undefined) return { step, status: 'failed', attempts };
  const jittered = delay * (1 + JITTER * (2 * Math.random() - 1));
  const wait = last.error === INTERRUPTED ? 0 : Math.max(jittered, retryAfterMs ?? 0);
  last.next_attempt_at = new Date(Date.now() + wait).toISOString();
  return { step, status: 'retrying', attempts };
}

function toFailure(outcome: StepOutcome): ApplicationFailure {
  const last = outcome.attempts.at(-1) as Attempt;
  if (outcome.status === 'retrying') {
    return retryLater(last, Date.parse(last.next_attempt_at ?? last.at) - Date.now());
  }
  return createFailure(last, { nonRetryable: true, details: [outcome] });
}

function retryLater(last: Attempt, delayMs: number): ApplicationFailure {
  return createFailure(last, { nextRetryDelay: Math.max(1, delayMs) }); // 0 would mean: no retry at all
}

function createFailure(last: Attempt, options: ApplicationFailureOptions): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN; // our own log line tells of it
  const failure = ApplicationFailure.create({
    message: describe(last),
    type: STEP_FAILED,
    category,
    ...options,
  });
  failure.stack = ''; // where in Surehook it was made tells an operator nothing
  return failure;
}

function describe(attempt: Attempt): string {
  const what = attempt.error ?? `HTTP ${attempt.status_code}`;
  return `attempt ${attempt.attempt}: ${what}${attempt.message ? `: ${attempt.message}` : ''}`;
}

/** A cancelled workflow wants to hear of it; a worker that stops wants its try to be made again elsewhere. */
function throwIfCancelled(): void {
  const { cancellationDetails, cancellationSignal } = Context.current();
  if (cancellationSignal.aborted && cancellationDetails?.cancelRequested) cancellationSignal.throwIfAborted();
}
