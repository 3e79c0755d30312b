// Acts on a task for its client: cancels it, answers it, gives it another callback, or takes one away.
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type CallbackTarget, TARGET_SIGNAL } from '../contracts/callback.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import {
  ANSWER_SIGNAL,
  CALLBACK_SIGNAL,
  CALLBACK_SOURCE,
  type Callback,
  TASK_SOURCE,
} from '../contracts/task.ts';
import { type DeadLetterDeps, replayDeadLetter } from '../dead-letters/run-again.ts';
import { readEvent } from '../events/read-event.ts';
import { retryNow } from '../events/retry-now.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isNotFound } from '../temporal/grpc-code.ts';
import { readCallbacks, readTask, type Task } from './read-task.ts';

const handleOf = ({ client }: Temporal, { taskId, runId }: Pick<Task, 'taskId' | 'runId'>) =>
  client.workflow.getHandle(workflowIdOf(TASK_SOURCE, taskId), runId);

/** @returns false if the task has ended by now */
export async function cancelTask(temporal: Temporal, task: Pick<Task, 'taskId' | 'runId'>): Promise<boolean> {
  return await unlessEnded(handleOf(temporal, task).cancel());
}

/** @returns false if the task has ended by now */
export async function answerTask(
  temporal: Temporal,
  task: Pick<Task, 'taskId' | 'runId'>,
  answers: Record<string, unknown>,
): Promise<boolean> {
  return await unlessEnded(handleOf(temporal, task).signal(ANSWER_SIGNAL, answers));
}

async function unlessEnded(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Adds a callback, or replaces the one with its id. What the client was already to be told, and was not yet, goes to the
 * new address at once; a dead letter of it is replayed.
 */
export async function setCallback(deps: DeadLetterDeps, task: Task, callback: Callback): Promise<void> {
  const { temporal } = deps;
  await unlessEnded(handleOf(temporal, task).signal(CALLBACK_SIGNAL, callback));
  await untilShown(temporal, task, (callbacks) =>
    callbacks.some(({ id, url }) => id === callback.id && url === callback.url),
  );
  const { id: _id, format: _format, ...target } = callback;
  const [known] = (await readCallbacks(temporal, task)).filter(({ callback: { id } }) => id === callback.id);
  if (known?.eventId === undefined) return;
  if (known.status === 'delivering') await redirect(temporal, known.eventId, target);
  else if (known.status === 'failed') {
    await replayDeadLetter(deps, {
      source: CALLBACK_SOURCE,
      eventId: known.eventId,
      from: 'failed_step',
      target,
    });
  }
}

async function redirect(temporal: Temporal, eventId: string, target: CallbackTarget): Promise<void> {
  const workflowId = workflowIdOf(CALLBACK_SOURCE, eventId);
  if (!(await unlessEnded(temporal.client.workflow.getHandle(workflowId).signal(TARGET_SIGNAL, target))))
    return;
  const run = await readEvent(temporal, workflowId, false);
  if (run) await retryNow(temporal, run);
}

/** The callback is told of nothing more. What it was to be told already is still sent. */
export async function removeCallback(temporal: Temporal, task: Task, id: string): Promise<void> {
  await unlessEnded(handleOf(temporal, task).signal(CALLBACK_SIGNAL, { remove: id }));
  await untilShown(temporal, task, (callbacks) => !callbacks.some((one) => one.id === id));
}

const SHOWN_WITHIN_MS = 1_500;
const LOOK_EVERY_MS = 50;

/**
 * A signal that comes while a workflow task runs is in the history only once that task has ended: until then the client
 * would not find what it has just set.
 */
async function untilShown(
  temporal: Temporal,
  { taskId }: Pick<Task, 'taskId'>,
  isShown: (callbacks: readonly Callback[]) => boolean,
): Promise<void> {
  const deadline = Date.now() + SHOWN_WITHIN_MS;
  for (;;) {
    const now = await readTask(temporal, taskId, undefined);
    if (now?.run !== 'RUNNING' || isShown(now.state.callbacks) || Date.now() > deadline) return;
    await delay(LOOK_EVERY_MS);
  }
}
