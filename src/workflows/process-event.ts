// One webhook event: its handler, then one delivery per endpoint; ends Completed, or Failed as a dead letter.
import {
  ActivityFailure,
  ApplicationFailure,
  defineQuery,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { EVENT_FAILED, INTERRUPTED } from '../failures.ts';
import {
  type Attempt,
  type EventFailureDetails,
  type EventMeta,
  type EventProgress,
  LOCAL_TIMEOUT_MAX_MS,
  type ProcessEventInput,
  type ProcessEventResult,
  SEARCH_ATTRIBUTES,
  STATUS_QUERY,
  type StepOutcome,
  type StepPlan,
} from '../messages.ts';
import type { RawBody } from '../raw-body.ts';

export const statusQuery = defineQuery<EventProgress>(STATUS_QUERY);

/** An activity bounds its own try; Temporal's limit, for a worker that hangs or is lost, comes this much later. */
const TIMEOUT_MARGIN_MS = 5_000;

export async function processEvent(input: ProcessEventInput, body: RawBody): Promise<ProcessEventResult> {
  const { steps, checkpoint = [], ...event } = input;
  const done: StepOutcome[] = [...checkpoint];
  let status: EventProgress['status'] = 'processing';
  setHandler(statusQuery, () => ({ status, steps: done }));

  const todo = steps.filter((plan) => !checkpoint.some((outcome) => outcome.step === plan.step));
  const run = async (plan: StepPlan) => {
    done.push(await runStep(plan, event, body));
  };
  if (todo[0]?.step === 'handler') await run(todo.shift() as StepPlan);
  if (!done.some(isFailed)) {
    status = 'delivering';
    await Promise.all(todo.map(run));
  }

  const failed = done.filter(isFailed);
  status = failed.length === 0 ? 'processed' : 'failed';
  if (failed.length > 0)
    throw toDeadLetter(
      failed,
      done.filter((outcome) => !isFailed(outcome)),
    );
  return { status: 'processed', steps: done };
}

const isFailed = (outcome: StepOutcome) => outcome.status === 'failed';

/** The first try is a local activity: no round trips through the server. The rest is a regular one's. */
async function runStep(plan: StepPlan, event: EventMeta, body: RawBody): Promise<StepOutcome> {
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
  const { initial_ms, factor, max_ms } = plan.retry;
  // It reads the body from the start of the history: several bodies in one command would pass gRPC's limit of 4 MB.
  const regular = proxyActivities<Activities>({
    startToCloseTimeout,
    heartbeatTimeout: 30_000,
    summary: step,
    // How many tries there are is the activity's to say: it keeps the log, and a reset would start Temporal's count anew.
    retry: { initialInterval: initial_ms, backoffCoefficient: factor, maximumInterval: max_ms },
  });
  try {
    return await regular[name]({ event, step, attempts });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return toFailedOutcome(step, attempts, error);
  }
}

function toFailedOutcome(step: StepPlan['step'], attempts: Attempt[], error: unknown): StepOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.details?.[0]) return cause.details[0] as StepOutcome;
  const log =
    cause instanceof TimeoutFailure ? (cause.lastHeartbeatDetails as { attempts: Attempt[] }) : undefined;
  return { step, status: 'failed', attempts: log?.attempts ?? attempts };
}

function toDeadLetter(failed: StepOutcome[], checkpoint: StepOutcome[]): ApplicationFailure {
  const errors = failed.map((outcome) => errorCode(outcome.attempts.at(-1)));
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.failedStep, value: failed.map(({ step }) => step) },
    { key: SEARCH_ATTRIBUTES.error, value: [...new Set(errors)] },
  ]);
  const what = failed.map(
    ({ step, attempts }, i) => `${step} failed after ${tries(attempts.length)}: ${errors[i]}`,
  );
  const details: EventFailureDetails = { failed, checkpoint };
  const message = what.join('; ');
  const failure = ApplicationFailure.create({
    message,
    type: EVENT_FAILED,
    nonRetryable: true,
    details: [details],
  });
  failure.stack = ''; // where in Surehook it was made tells an operator nothing
  return failure;
}

const tries = (count: number) => (count === 1 ? '1 attempt' : `${count} attempts`);

function errorCode(last: Attempt | undefined): string {
  return last?.error ?? (last?.status_code ? `http_${last.status_code}` : 'unknown');
}
