// The workflow of an agent task: its work, round after round until nothing more is asked, and an event for each callback.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  defineQuery,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  LOCAL_DELIVERY_TIMEOUT_MAX_MS,
  metaOf,
  PROCESS_EVENT,
  type ProcessEvent,
  STATUS_QUERY,
  type StepName,
  type StepOutcome,
  TIMEOUT_MARGIN_MS,
} from '../contracts/event.ts';
import { shortType } from '../contracts/event-type.ts';
import { errorCodeOf, INTERRUPTED } from '../contracts/failures.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import { isRefused } from '../contracts/refused.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import {
  type AgentTaskInput,
  ANSWER_SIGNAL,
  CALLBACK_SIGNAL,
  CALLBACK_SOURCE,
  CALLBACK_STEP,
  type Callback,
  type CallbackChange,
  callbackEventId,
  type Notice,
  PROGRESS_SIGNAL,
  type ShownProgress,
  type TaskOutcome,
  type TaskState,
} from '../contracts/task.ts';
import { type RoundOutcome, TaskRecord } from '../contracts/task-record.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import { callbackBody } from './callback-body.ts';
import { DeadLetterOfRun } from './dead-letter-of-run.ts';
import { resetsOfRun } from './interceptors.ts';
import { taskDetails } from './task-details.ts';
import { toDeadLetter } from './to-dead-letter.ts';

export const taskQuery = defineQuery<TaskState>(STATUS_QUERY);
const progressSignal = defineSignal<[ShownProgress]>(PROGRESS_SIGNAL);
const answerSignal = defineSignal<[Record<string, unknown>]>(ANSWER_SIGNAL);
const callbackSignal = defineSignal<[CallbackChange]>(CALLBACK_SIGNAL);

/** Paces attempts whose worker was lost. After a failed attempt the activity itself asks for the delay. */
const AFTER_A_LOST_WORKER = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' } as const;

export async function runAgentTask(input: AgentTaskInput, _body: RawBody): Promise<TaskState> {
  const task = new TaskRecord(input, () => new Date().toISOString());
  const resets = resetsOfRun();
  const event = metaOf(input);
  const former = new DeadLetterOfRun({ event, rerun: input.rerun, resets });
  setHandler(taskQuery, () => task.state);
  setHandler(progressSignal, (progress) => {
    task.report(progress);
    showDetails(input, task);
  });
  setHandler(answerSignal, (answers) => {
    task.answer(answers);
    showDetails(input, task);
  });
  setHandler(callbackSignal, (change) => task.changeCallback(change));
  showDetails(input, task);
  if (former.mayExist) await former.reopened();
  let failed: StepOutcome | undefined;
  try {
    failed = await work(input, task);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      task.cancel();
      await tellClient(input, task);
      if (former.mayExist) await former.discarded();
    });
    throw new CancelledFailure('canceled');
  }
  // The work has ended: a cancellation comes too late, and is ignored.
  return await CancellationScope.nonCancellable(async () => {
    await tellClient(input, task);
    // A task that broke is the operator's to mend: a replay does its work again.
    if (failed) throw await toDeadLetter(event, [failed], resets, task.state);
    if (former.mayExist) await former.recovered();
    return task.state;
  });
}

/** @returns the step that has failed for good, if the task broke */
async function work(input: AgentTaskInput, task: TaskRecord): Promise<StepOutcome | undefined> {
  let checkpoint: unknown;
  for (let round = 1; ; round++) {
    const { outcome, failed } = await runRound(input, task, round, checkpoint);
    task.conclude(outcome);
    if (outcome.is !== 'asks') return failed;
    checkpoint = outcome.checkpoint;
    await tellClient(input, task);
    await condition(() => task.isAnswered);
    task.resume();
    upsertStatus(task);
    showDetails(input, task);
  }
}

async function runRound(
  input: AgentTaskInput,
  task: TaskRecord,
  round: number,
  checkpoint: unknown,
): Promise<{ outcome: RoundOutcome; failed?: StepOutcome }> {
  const { timeout_ms } = input;
  const event = metaOf(input);
  const { runTask } = proxyActivities<Activities>({
    startToCloseTimeout: timeout_ms + TIMEOUT_MARGIN_MS,
    heartbeatTimeout: 30_000, // after that long without a heartbeat the worker counts as lost
    summary: shortType(event.event_type),
    retry: AFTER_A_LOST_WORKER, // the activity limits the attempts, since it keeps their log
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  const step = `work:${round}` as const;
  try {
    const given = { answers: task.state.answers, ...(checkpoint === undefined ? {} : { checkpoint }) };
    const outcome = await runTask({ event, step, attempts: [], ...given });
    return { outcome: outcome.result as TaskOutcome };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const failed = toFailedStep(step, error);
    return { outcome: { is: 'broke', code: errorCodeOf(failed.attempts.at(-1)) }, failed };
  }
}

function toFailedStep(step: StepName, error: unknown): StepOutcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  if (details && !isRefused(details)) return { ...(details as StepOutcome), status: 'failed' };
  const at = new Date().toISOString();
  return { step, status: 'failed', attempts: [{ attempt: 1, at, duration_ms: 0, error: INTERRUPTED }] };
}

/** Starts an event for each callback. Each has its own attempts, and its own dead letter if they are used up. */
async function tellClient(input: AgentTaskInput, task: TaskRecord): Promise<void> {
  upsertStatus(task);
  const [last] = task.state.notices.slice(-1);
  if (last) await Promise.all(last.to.map((id) => withdraw(callbackEventId(input.event_id, id, last.n))));
  const notice = task.notify();
  showDetails(input, task);
  await Promise.all(task.state.callbacks.map((callback) => startCallback(input, task, callback, notice)));
}

/** What was not delivered yet is out of date: the client must not learn of it after what follows. */
async function withdraw(eventId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowIdOf(CALLBACK_SOURCE, eventId)).cancel();
  } catch {
    // It has ended: it was delivered, or is a dead letter.
  }
}

async function startCallback(
  { event_id: taskId, context_id, ...input }: AgentTaskInput,
  { state }: TaskRecord,
  { id, format, ...target }: Callback,
  { n, status, at }: Notice,
): Promise<void> {
  const event_id = callbackEventId(taskId, id, n);
  const event_type = `task.${status}`;
  const { body, contentType } = callbackBody(format, { taskId, contextId: context_id, state });
  const { traceparent, tracestate } = input;
  const trace = { ...(traceparent ? { traceparent } : {}), ...(tracestate ? { tracestate } : {}) };
  const started = startChild<ProcessEvent>(PROCESS_EVENT, {
    workflowId: workflowIdOf(CALLBACK_SOURCE, event_id),
    args: [
      {
        source: CALLBACK_SOURCE,
        event_id,
        event_type,
        received_at: at,
        headers: { 'content-type': contentType },
        ...trace,
        steps: [{ step: CALLBACK_STEP, timeout_ms: LOCAL_DELIVERY_TIMEOUT_MAX_MS, local: true }],
        target,
      },
      body,
    ],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowTaskTimeout: '30s', // as every event has it: see events/start-run.ts
    staticSummary: `${event_type} to the client`,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.source, value: CALLBACK_SOURCE },
      { key: SEARCH_ATTRIBUTES.eventType, value: event_type },
    ],
  });
  try {
    await started;
  } catch (error) {
    // A reset has run the task again while this callback is under way.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** Costs nothing: the details are in no history, and Temporal asks for them when somebody looks. */
function showDetails(input: AgentTaskInput, { state }: TaskRecord): void {
  setCurrentDetails(taskDetails(input, state));
}

function upsertStatus({ state: { status, status_at } }: TaskRecord): void {
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.taskStatus, value: status },
    { key: SEARCH_ATTRIBUTES.taskStatusAt, value: new Date(status_at) },
  ]);
}
