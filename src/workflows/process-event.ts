// The workflow of one webhook event: its handler, then one delivery per endpoint. If a step fails, the run
// fails and the event is a dead letter.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type CallbackTarget, TARGET_QUERY, TARGET_SIGNAL } from '../contracts/callback.ts';
import {
  type Attempt,
  type EventMeta,
  type EventProgress,
  type Heartbeat,
  LOCAL_TIMEOUT_MAX_MS,
  type ProcessEventInput,
  type ProcessEventResult,
  STATUS_QUERY,
  type StepName,
  type StepOutcome,
  type StepPlan,
  TIMEOUT_MARGIN_MS,
} from '../contracts/event.ts';
import { INTERRUPTED } from '../contracts/failures.ts';
import { isRefused } from '../contracts/refused.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import { cancelAfter, keepAttemptsOnce } from './cancel.ts';
import { DeadLetterOfRun } from './dead-letter-of-run.ts';
import { resetsOfRun } from './interceptors.ts';
import { isFailed, toDeadLetter } from './to-dead-letter.ts';

export const statusQuery = defineQuery<EventProgress>(STATUS_QUERY);
const targetQuery = defineQuery<CallbackTarget>(TARGET_QUERY);
const targetSignal = defineSignal<[CallbackTarget]>(TARGET_SIGNAL);

/** Paces attempts whose worker was lost. After a failed attempt the activity itself asks for the delay. */
const AFTER_A_LOST_WORKER = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const;

export async function processEvent(input: ProcessEventInput, body: RawBody): Promise<ProcessEventResult> {
  const { steps, checkpoint = [], rerun, target: given, client: _client, ...event } = input;
  const todo = steps.filter((plan) => !checkpoint.some((outcome) => outcome.step === plan.step));
  const keepAttempts = keepAttemptsOnce(todo.map(({ step }) => step));
  const resets = resetsOfRun();
  const former = new DeadLetterOfRun({ event, rerun, resets });
  const progress: EventProgress = { status: 'processing', steps: [...checkpoint] };
  setHandler(statusQuery, () => progress);
  const target = given && keepTarget(given);

  if (former.mayExist) await former.reopened();
  const run = async (plan: StepPlan) => {
    progress.steps.push(await runStep({ plan, event, body, keepAttempts, target }));
  };
  try {
    const [first] = todo;
    if (first?.step === 'handler') await run(first);
    if (!progress.steps.some(isFailed)) {
      progress.status = 'delivering';
      await untilAll(todo.filter((plan) => plan.step !== 'handler').map(run));
    }
  } catch (error) {
    if (isCancellation(error)) {
      progress.status = 'canceled';
      await keepAttempts();
      if (former.mayExist) await former.discarded();
    }
    throw error;
  }
  progress.status = progress.steps.some(isFailed) ? 'failed' : 'processed';
  if (progress.status === 'failed') throw await toDeadLetter(event, progress.steps, resets);
  if (former.mayExist) await former.recovered();
  return { status: 'processed', steps: progress.steps };
}

interface Target {
  latest: CallbackTarget;
}

/** The client may give another address while the event is under way: the next attempt asks for the latest one. */
function keepTarget(given: CallbackTarget): Target {
  const target: Target = { latest: given };
  setHandler(targetQuery, () => target.latest);
  setHandler(targetSignal, (latest) => {
    target.latest = latest;
  });
  return target;
}

/** Only a cancellation rejects a step. The run then waits for all steps: each may report an attempt. */
async function untilAll(steps: Promise<void>[]): Promise<void> {
  try {
    await Promise.all(steps);
  } catch (error) {
    await Promise.allSettled(steps);
    throw error;
  }
}

interface RunStep {
  plan: StepPlan;
  event: EventMeta;
  body: RawBody;
  keepAttempts: () => Promise<void>;
  target: Target | undefined;
}

/** Makes the first attempt by a local activity, which saves a round trip, and all others by a regular one. */
async function runStep({ plan, event, body, keepAttempts, target }: RunStep): Promise<StepOutcome> {
  const { step } = plan;
  const name = step === 'handler' ? 'handleEvent' : 'deliver';
  const startToCloseTimeout = plan.timeout_ms + TIMEOUT_MARGIN_MS;
  let attempts: Attempt[] = [];
  if (plan.local ?? plan.timeout_ms <= LOCAL_TIMEOUT_MAX_MS) {
    const local = proxyLocalActivities<Activities>({ startToCloseTimeout, retry: { maximumAttempts: 1 } });
    try {
      const to = target ? { target: target.latest } : {};
      const outcome = await local[name]({ event, step, attempts, ...to }, body);
      if (outcome.status !== 'retrying') return outcome;
      attempts = outcome.attempts;
    } catch (error) {
      if (isCancellation(error)) throw error;
      // The attempt hung past its own limit, and may have had its effect.
      const at = new Date().toISOString();
      attempts = [{ attempt: 1, at, duration_ms: startToCloseTimeout, error: INTERRUPTED }];
    }
  }
  // The activity reads the body from the history: many bodies in one command would pass gRPC's limit of 4 MB.
  const regular = regularActivities(step, startToCloseTimeout);
  try {
    return await cancelAfter(keepAttempts, () => regular[name]({ event, step, attempts }));
  } catch (error) {
    if (isCancellation(error)) throw error;
    return toFailedOutcome(step, attempts, error);
  }
}

function regularActivities(step: StepName, startToCloseTimeout: number) {
  return proxyActivities<Activities>({
    startToCloseTimeout,
    heartbeatTimeout: 30_000, // after that long without a heartbeat the worker counts as lost
    summary: step,
    // The activity limits the attempts, since it keeps the log: a reset would begin Temporal's count anew.
    retry: AFTER_A_LOST_WORKER,
    // The activity reports how its last attempt ended.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

function toFailedOutcome(step: StepPlan['step'], attempts: Attempt[], error: unknown): StepOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  if (details && !isRefused(details)) return { ...(details as StepOutcome), status: 'failed' };
  const log = cause instanceof TimeoutFailure ? (cause.lastHeartbeatDetails as Heartbeat) : undefined;
  return { step, status: 'failed', attempts: log?.attempts ?? attempts };
}
