// Callbacks that a client adds to a task that has ended: a workflow of their own keeps them, since the task's is closed.
import { WorkflowNotFoundError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { workflowIdOf } from '../contracts/ids.ts';
import { isRefused } from '../contracts/refused.ts';
import { MACHINERY } from '../contracts/search-attributes.ts';
import {
  CALLBACK_SIGNAL,
  type Callback,
  type CallbackChange,
  LATE_CALLBACKS,
  LATE_CALLBACKS_SOURCE,
  type LateCallbacks,
} from '../contracts/task.ts';
import { TaskRecord } from '../contracts/task-record.ts';
import type { StartRunDeps } from '../events/start-run.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { Task } from './read-task.ts';

export async function changeLateCallback(
  { temporal, taskQueue }: Pick<StartRunDeps, 'temporal' | 'taskQueue'>,
  { taskId }: Pick<Task, 'taskId'>,
  change: CallbackChange,
): Promise<void> {
  await temporal.client.workflow.signalWithStart<LateCallbacks, [CallbackChange]>(LATE_CALLBACKS, {
    workflowId: workflowIdOf(LATE_CALLBACKS_SOURCE, taskId),
    taskQueue,
    signal: CALLBACK_SIGNAL,
    signalArgs: [change],
    args: [taskId],
    typedSearchAttributes: new TypedSearchAttributes([MACHINERY]),
  });
}

/** The callbacks of a task that has ended, with those that were added or taken away later. */
export async function readLateCallbacks(
  temporal: Temporal,
  { taskId, state }: Pick<Task, 'taskId' | 'state'>,
): Promise<Callback[]> {
  const workflowId = workflowIdOf(LATE_CALLBACKS_SOURCE, taskId);
  const record = new TaskRecord(state, () => state.status_at);
  try {
    const { events } = await temporal.client.workflow.getHandle(workflowId).fetchHistory();
    for (const { workflowExecutionSignaledEventAttributes: signal } of events ?? []) {
      const [change] = await temporal.readWhatever(signal?.input, workflowId);
      if (change !== undefined && !isRefused(change)) record.changeCallback(change as CallbackChange);
    }
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return record.state.callbacks;
}
