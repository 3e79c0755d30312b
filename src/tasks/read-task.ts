// Reads one agent task: what it is and how far, and what became of its callbacks.
import {
  type WorkflowExecutionDescription,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client';
import proto from '@temporalio/proto';
import { DISCARD_EVENT, type DiscardEventInput } from '../contracts/dead-letter.ts';
import type { Attempt } from '../contracts/event.ts';
import { INTERRUPTED } from '../contracts/failures.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import {
  CALLBACK_SOURCE,
  CALLBACK_STEP,
  type Callback,
  callbackEventId,
  RUN_AGENT_TASK,
  TASK_ENDS,
  TASK_SOURCE,
  type TaskState,
} from '../contracts/task.ts';
import { statusOf } from '../events/event-status.ts';
import { readEvent } from '../events/read-event.ts';
import { readStarted } from '../events/read-started.ts';
import { readerFor } from '../events/read-steps.ts';
import type { Temporal } from '../temporal/connection.ts';
import { toTime } from '../temporal/visibility.ts';
import { TaskFold } from './task-fold.ts';

export interface TaskHead {
  taskId: string;
  type: string;
  client: string;
  createdAt: string;
  /** A2A: the conversation that the task belongs to; the task's id if its client has named none. */
  contextId: string;
  runId: string;
  run: WorkflowExecutionStatusName;
  /** The entries of the history when this was read. */
  historyLength: number;
}

export interface Task extends TaskHead {
  state: TaskState;
  /** Whether a worker has taken it up. */
  hasBegun: boolean;
}

/** `pending`: the task has had nothing to tell yet. `failed`: a dead letter. */
export type CallbackStatus = 'pending' | 'delivering' | 'delivered' | 'failed' | 'canceled' | 'discarded';

export interface CallbackRun {
  callback: Callback;
  status: CallbackStatus;
  /** Those of the latest state that the client was told of. */
  attempts: Attempt[];
  /** The event that tells the client, once there is one. */
  eventId: string | undefined;
}

/** The form of every task id: what else is asked for cannot be a task. */
export const TASK_ID = /^task_[0-9a-f]{32}$/;

/**
 * A task is read from Temporal alone: no worker is needed.
 *
 * @param client undefined for an operator, who sees the tasks of every client
 * @returns undefined if there is no such task, or it belongs to another client
 */
export async function readTaskHead(
  temporal: Temporal,
  taskId: string,
  client: string | undefined,
): Promise<TaskHead | undefined> {
  if (!TASK_ID.test(taskId)) return undefined;
  try {
    const described = await describeTask(temporal, workflowIdOf(TASK_SOURCE, taskId));
    const { type, typedSearchAttributes: found, startTime, memo, runId, status, historyLength } = described;
    const owner = found.get(SEARCH_ATTRIBUTES.client);
    if (type !== RUN_AGENT_TASK || owner === undefined) return undefined;
    if (client !== undefined && owner !== client) return undefined;
    return {
      taskId,
      type: found.get(SEARCH_ATTRIBUTES.eventType) ?? '',
      client: owner,
      createdAt: startTime.toISOString(),
      contextId: (memo?.context_id as string | undefined) ?? taskId,
      runId,
      run: status.name,
      historyLength,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A dead letter that was discarded is shown by its failed run. */
async function describeTask(temporal: Temporal, workflowId: string): Promise<WorkflowExecutionDescription> {
  const latest = await temporal.client.workflow.getHandle(workflowId).describe();
  if (latest.type !== DISCARD_EVENT) return latest;
  const started = await readStarted(temporal, { workflowId, runId: latest.runId });
  const [input] = (await temporal.readPayloads(started?.input, workflowId)) as [DiscardEventInput];
  return await temporal.client.workflow.getHandle(workflowId, input.of).describe();
}

export async function readTask(
  temporal: Temporal,
  taskId: string,
  client: string | undefined,
): Promise<Task | undefined> {
  const head = await readTaskHead(temporal, taskId, client);
  return head && { ...head, ...(await readState(temporal, head)) };
}

async function readState(temporal: Temporal, head: TaskHead): Promise<Pick<Task, 'state' | 'hasBegun'>> {
  const workflowId = workflowIdOf(TASK_SOURCE, head.taskId);
  const said = head.run === 'RUNNING' ? undefined : await readEnd(temporal, workflowId, head.runId);
  if (said) return { state: said, hasBegun: true };
  const fold = new TaskFold(readerFor(temporal, workflowId));
  const { events } = await temporal.client.workflow.getHandle(workflowId, head.runId).fetchHistory();
  for (const event of events ?? []) await fold.add(event);
  const { hasBegun } = fold;
  const state = { ...(fold.state as TaskState), callbacks: await fold.callbacksToCome() };
  if (head.run === 'RUNNING') return { state, hasBegun };
  return { state: toEnded(state, head.run, toTime(events?.at(-1)?.eventTime)), hasBegun };
}

const { HistoryEventFilterType } = proto.temporal.api.enums.v1;

/** What the workflow has ended with. undefined: it does not say, since it was cancelled, or somebody has terminated it. */
async function readEnd(
  temporal: Temporal,
  workflowId: string,
  runId: string,
): Promise<TaskState | undefined> {
  const { history } = await temporal.client.workflowService.getWorkflowExecutionHistory({
    namespace: temporal.namespace,
    execution: { workflowId, runId },
    historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  });
  const last = history?.events?.at(-1);
  const result = last?.workflowExecutionCompletedEventAttributes?.result;
  if (result) return (await temporal.readPayloads(result, workflowId))[0] as TaskState;
  const failure = await temporal.readFailure(
    last?.workflowExecutionFailedEventAttributes?.failure,
    workflowId,
  );
  const { details = [] } = (failure ?? {}) as { details?: [unknown?, TaskState?] };
  return details[1];
}

/** A workflow that somebody has terminated could not say any more that the task has ended. */
function toEnded(state: TaskState, run: WorkflowExecutionStatusName, closedAt: string | null): TaskState {
  if (TASK_ENDS.includes(state.status)) return state;
  const ended = { ...state, questions: [], status_at: closedAt ?? state.status_at };
  if (run === 'TERMINATED' || run === 'CANCELLED') return { ...ended, status: 'canceled' };
  return { ...ended, status: 'error', error: { code: INTERRUPTED, message: 'the task has ended early' } };
}

/** Each callback with what became of the latest state that it was told of. */
export async function readCallbacks(
  temporal: Temporal,
  { taskId, state }: Pick<Task, 'taskId' | 'state'>,
): Promise<CallbackRun[]> {
  return await Promise.all(
    state.callbacks.map((callback) => readCallback(temporal, taskId, state, callback)),
  );
}

async function readCallback(
  temporal: Temporal,
  taskId: string,
  { notices }: TaskState,
  callback: Callback,
): Promise<CallbackRun> {
  const notice = notices.findLast(({ to }) => to.includes(callback.id));
  if (notice === undefined) return { callback, status: 'pending', attempts: [], eventId: undefined };
  const eventId = callbackEventId(taskId, callback.id, notice.n);
  const run = await readEvent(temporal, workflowIdOf(CALLBACK_SOURCE, eventId), false);
  if (run === undefined) return { callback, status: 'pending', attempts: [], eventId };
  const attempts = run.steps.get(CALLBACK_STEP)?.attempts ?? [];
  const now = run.input.target ? { ...callback, ...run.input.target } : callback;
  return { callback: now, status: toCallbackStatus(statusOf(run)), attempts, eventId };
}

export function toCallbackStatus(status: ReturnType<typeof statusOf>): CallbackStatus {
  switch (status) {
    case 'processing':
    case 'delivering':
      return 'delivering';
    case 'processed':
      return 'delivered';
    default:
      return status;
  }
}
