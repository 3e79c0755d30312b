// Finds a task of the client that asks.
import type { Response } from 'express';
import { z } from 'zod';
import { readTask, type Task } from '../../tasks/read-task.ts';
import { HttpError } from '../http/errors.ts';
import { clientNameOf } from './clients.ts';
import type { AgentDeps } from './deps.ts';

export const taskParams = z.object({ task_id: z.string().describe('as the answer to the request names it') });

/** @throws HttpError `task_not_found`, also for a task of another client */
export async function findTask(
  { temporal }: Pick<AgentDeps, 'temporal'>,
  response: Response,
  taskId: string,
): Promise<Task> {
  const task = await readTask(temporal, taskId, clientNameOf(response));
  if (task) return task;
  throw taskNotFound(taskId);
}

export function taskNotFound(taskId: string): HttpError {
  return new HttpError('task_not_found', `there is no task ${taskId.slice(0, 64)}`);
}

export function taskEnded({ taskId, state }: Task): HttpError {
  const members = { task_status: state.status };
  return new HttpError('task_ended', `task ${taskId} has ended: it is ${state.status}`, { members });
}
