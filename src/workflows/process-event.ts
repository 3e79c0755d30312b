// One webhook event: its handler, then one delivery per endpoint; ends Completed, or Failed as a dead letter.
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  defineQuery,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  type Attempt,
  type EventFailureDetails,
  type EventMeta,
  type EventProgress,
  type Heartbeat,
  LOCAL_TIMEOUT_MAX_MS,
  type ProcessEventInput,
  type ProcessEventResult,
  STATUS_QUERY,
  type StepOutcome,
  type StepPlan,
  TIMEOUT_MARGIN_MS,
} from '../contracts/event.ts';
import { EVENT_FAILED, INTERRUPTED } from '../contracts/failures.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import { cancelAfter, keepAttemptsOf } from './cancel.ts';
import { closeDeadLetter, fitting, openDeadLetter } from './open-dead-letter.ts';
import { raiseAlert } from './raise-alert.ts';
import { resets } from './resets.ts';

export const statusQuery = defineQuery<EventProgress>(STATUS_QUERY);

/** The activity asks for the delay after each of its failures; this paces the attempts that no activity could speak for. */
const AFTER_A_LOST_WORKER = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const;

export async function processEvent(input: ProcessEventInput, body: RawBody): Promise<ProcessEventResult> {
  const { steps, checkpoint = [], rerun, ...event } = input;
  const done: StepOutcome[] = [...checkpoint];
  let status: EventProgress['status'] = 'processing';
  setHandler(statusQuery, () => ({ status, steps: done }));

  // Before anything else: an event that runs again is no dead letter any more.
  let wasDead = rerun?.how === 'replayed'; // only what has failed is; its dead letter may have been closed by a run before
  if (resets.told) wasDead = (await resets.told) || wasDead;
  else if (rerun) {
    const close = { how: rerun.how, ...(rerun.job_id ? { job_id: rerun.job_id } : {}) };
    wasDead = (await closeDeadLetter(close)) || wasDead;
  }

  const todo = steps.filter((plan) => !checkpoint.some((outcome) => outcome.step === plan.step));
  const onCancel = () => keepAttemptsOf(todo.map(({ step }) => step));
  const run = async (plan: StepPlan) => {
    done.push(await runStep(plan, event, body, onCancel));
  };
  try {
    const [first] = todo;
    if (first?.step === 'handler') await run(first);
    if (!done.some(isFailed)) {
      status = 'delivering';
      await untilAll(todo.filter((plan) => plan.step !== 'handler').map(run));
    }
  } catch (error) {
    if (isCancellation(error)) {
      status = 'canceled';
      await onCancel();
      // Whoever waits for the end of the dead letter hears of it.
      if (patched('gone-is-told')) {
        if (resets.told) wasDead = (await resets.told) || wasDead;
        if (wasDead) await raiseAlert('discarded', event);
      }
    }
    throw error;
  }

  const failed = done.filter(isFailed);
  status = failed.length === 0 ? 'processed' : 'failed';
  if (failed.length > 0) {
    const succeeded = done.filter((outcome) => !isFailed(outcome));
    throw await toDeadLetter(event, failed, succeeded);
  }
  if (resets.told) wasDead = (await resets.told) || wasDead;
  // One that was cancelled, or went well, before was no dead letter; older runs told of it all the same.
  if ((rerun || resets.told) && (wasDead || !patched('recovered-if-dead')))
    await raiseAlert('recovered', event);
  return { status: 'processed', steps: done };
}

/** Steps end badly by being cancelled alone: then each is waited for, as it may have something to report. */
async function untilAll(steps: Promise<void>[]): Promise<void> {
  try {
    await Promise.all(steps);
  } catch (error) {
    await Promise.allSettled(steps);
    throw error;
  }
}

const isFailed = (outcome: StepOutcome) => outcome.status === 'failed';

/** The first attempt is a local activity: no round trips through the server. The rest is a regular one's. */
async function runStep(
  plan: StepPlan,
  event: EventMeta,
  body: RawBody,
  onCancel: () => Promise<void>,
): Promise<StepOutcome> {
  const { step } = plan;
  const name = step === 'handler' ? 'handleEvent' : 'deliver';
  const startToCloseTimeout = plan.timeout_ms + TIMEOUT_MARGIN_MS;
  let attempts: Attempt[] = [];
  if (plan.timeout_ms <= LOCAL_TIMEOUT_MAX_MS) {
    const local = proxyLocalActivities<Activities>({ startToCloseTimeout, retry: { maximumAttempts: 1 } });
    try {
      const outcome = await local[name]({ event, step, attempts }, body);
      if (outcome.status !== 'retrying') return outcome;
      attempts = outcome.attempts;
    } catch (error) {
      if (isCancellation(error)) throw error;
      // It hung past its own limit; it may have had its effect.
      attempts = [
        { attempt: 1, at: new Date().toISOString(), duration_ms: startToCloseTimeout, error: INTERRUPTED },
      ];
    }
  }
  // It reads the body from the start of the history: several bodies in one command would pass gRPC's limit of 4 MB.
  const regular = proxyActivities<Activities>({
    startToCloseTimeout,
    heartbeatTimeout: 30_000,
    summary: step,
    // How many attempts there are is the activity's to say: it keeps the log, and a reset would start Temporal's count anew.
    retry: AFTER_A_LOST_WORKER,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED, // it reports how its last attempt ended
  });
  try {
    return await cancelAfter(onCancel, () => regular[name]({ event, step, attempts }));
  } catch (error) {
    if (isCancellation(error)) throw error;
    return toFailedOutcome(step, attempts, error);
  }
}

function toFailedOutcome(step: StepPlan['step'], attempts: Attempt[], error: unknown): StepOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.details?.[0])
    return { ...(cause.details[0] as StepOutcome), status: 'failed' };
  const log = cause instanceof TimeoutFailure ? (cause.lastHeartbeatDetails as Heartbeat) : undefined;
  return { step, status: 'failed', attempts: log?.attempts ?? attempts };
}

async function toDeadLetter(
  event: EventMeta,
  failed: StepOutcome[],
  checkpoint: StepOutcome[],
): Promise<ApplicationFailure> {
  const failedSteps = failed.map(({ step }) => step);
  const errors = failed.map((outcome) => errorCode(outcome.attempts.at(-1)));
  const codes = [...new Set(errors)];
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.failedStep, value: fitting(failedSteps) },
    { key: SEARCH_ATTRIBUTES.error, value: fitting(codes) },
  ]);
  const what = failed.map(
    ({ step, attempts }, i) => `${step} failed after ${attemptsText(attempts.length)}: ${errors[i]}`,
  );
  const message = what.join('; ');
  // Runs that were open before dead letters had a workflow have failed without one in their histories.
  if (patched('dead-letter')) {
    const attempts = failed.reduce((sum, outcome) => sum + outcome.attempts.length, 0);
    await openDeadLetter({ event, failedSteps, codes, attempts, error: message });
  }
  const details: EventFailureDetails = { failed, checkpoint };
  const failure = ApplicationFailure.create({
    message,
    type: EVENT_FAILED,
    nonRetryable: true,
    details: [details],
  });
  failure.stack = ''; // where in Surehook it was made tells an operator nothing
  return failure;
}

const attemptsText = (count: number) => (count === 1 ? '1 attempt' : `${count} attempts`);

function errorCode(last: Attempt | undefined): string {
  return last?.error ?? (last?.status_code ? `http_${last.status_code}` : 'unknown');
}
