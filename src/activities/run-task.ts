// The activity that does one round of an agent task's work.
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { TaskProgress } from '../config/define-task.ts';
import type { LoadBody, StepOutcome } from '../contracts/event.ts';
import { HANDLER_NOT_BEGUN, INTERRUPTED, STEP_FAILED } from '../contracts/failures.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import type { ReportProgress, TaskOutcome, TaskWorkInput } from '../contracts/task.ts';
import type { CallOptions, HandlerResult, TaskCall } from '../user-code/messages.ts';
import { benignFailure } from './attempts/attempt-failures.ts';
import type { AttemptResult } from './attempts/attempt-result.ts';
import { type AttemptObserver, observeAttempt } from './attempts/observe-attempt.ts';
import { runAttempt } from './attempts/run-attempt.ts';
import { toAttemptLimit } from './attempts/within.ts';
import { ProgressReports } from './progress-reports.ts';

/** Does the work in a process of the user's code. @throws if no process was free before the signal was aborted */
export type CallTask = (
  call: TaskCall,
  options: CallOptions,
) => Promise<HandlerResult | { interrupted: string }>;

export interface RunTaskDeps {
  config: Config;
  log: Logger;
  loadBody: LoadBody;
  observer: AttemptObserver;
  callTask: CallTask;
  reportProgress: ReportProgress;
}

/** Work that computes may keep every process busy for as long as its limit allows: other work waits. */
const BEGIN_AGAIN_AFTER_MS = 1_000;

export function createRunTask({ config, log, loadBody, observer, callTask, reportProgress }: RunTaskDeps) {
  return async function runTask({ answers, checkpoint, ...input }: TaskWorkInput): Promise<StepOutcome> {
    const { event, step } = input;
    const type = config.tasks.get(event.event_type);
    const reports = new ProgressReports(Context.current().info.workflowExecution, reportProgress);
    const attempted = runAttempt({
      input,
      body: undefined,
      loadBody,
      schedule: type?.retry,
      timeoutMs: toAttemptLimit(type?.timeoutMs ?? 1),
      work: async ({ bytes }, { attempt, followsInterruption: apart, progress }, signal, heartbeat) => {
        if (type === undefined) return missingType(event.event_type);
        let latest = progress as TaskProgress | undefined;
        const onHeartbeat = (details: unknown) => {
          latest = { ...latest, ...(details as TaskProgress) };
          heartbeat(latest);
          reports.add(latest);
        };
        const { result } = await observeAttempt(observer, {
          event,
          step,
          attempt,
          work: async (trace) => {
            const call: TaskCall = {
              event: { ...event, ...trace },
              input: new Uint8Array(bytes),
              attempt,
              isLastAttempt: attempt > type.retry.length,
              idempotencyKey: workflowIdOf(event.source, event.event_id),
              answers,
              checkpoint: latest?.checkpoint ?? checkpoint,
            };
            const outcome = await callTask(call, { signal, onHeartbeat, apart }).catch(throwNotBegun);
            return toResult(outcome, latest?.checkpoint ?? checkpoint);
          },
        });
        await reports.end();
        logResult(log, input, attempt, result);
        return result;
      },
    });
    return await counted(observer, event.event_type, attempted);
  };
}

/** Counts the end of the work, which a failed attempt is only if no other one follows. */
async function counted(
  { metrics }: AttemptObserver,
  type: string,
  attempted: Promise<StepOutcome>,
): Promise<StepOutcome> {
  try {
    const outcome = await attempted;
    const { is } = outcome.result as TaskOutcome;
    if (is !== 'asks') metrics.taskClosed(type, is === 'done' ? 'completed' : 'failed');
    return outcome;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type === STEP_FAILED && error.nonRetryable)
      metrics.taskClosed(type, 'error');
    throw error;
  }
}

function toResult(outcome: HandlerResult | { interrupted: string }, checkpoint: unknown): AttemptResult {
  if ('interrupted' in outcome) return { ok: false, error: INTERRUPTED, message: outcome.interrupted };
  if (!outcome.ok) return outcome;
  const result = JSON.parse(outcome.result ?? 'null') as TaskOutcome;
  if (result.is === 'asks' && checkpoint !== undefined) result.checkpoint = checkpoint;
  return { ok: true, result };
}

function throwNotBegun(error: Error): never {
  throw benignFailure(`the work has not begun: ${error.message}`, {
    type: HANDLER_NOT_BEGUN,
    nextRetryDelay: BEGIN_AGAIN_AFTER_MS,
  });
}

/** The task was accepted under another config, perhaps a newer one: a retry may find a worker that knows its type. */
function missingType(name: string): AttemptResult {
  return {
    ok: false,
    error: 'task_type_missing',
    message: `this worker's config has no task type '${name}'`,
  };
}

function logResult(
  log: Logger,
  { event, step }: Omit<TaskWorkInput, 'answers'>,
  attempt: number,
  { ok, result, error, message, stack }: AttemptResult,
): void {
  const fields = { task_id: event.event_id, task_type: event.event_type, step, attempt };
  if (!ok) {
    log.warn({ ...fields, error, message, stack }, 'task attempt failed');
    return;
  }
  const outcome = result as TaskOutcome;
  const code = outcome.is === 'no' ? { code: outcome.code } : {};
  log.info({ ...fields, outcome: outcome.is, ...code }, 'task attempt ended');
}
