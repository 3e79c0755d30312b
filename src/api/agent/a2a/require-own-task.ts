// Finds a task of the client that asks by A2A.
import { readTask, type Task } from '../../../tasks/read-task.ts';
import type { AgentDeps } from '../deps.ts';
import { noSuchTask } from './a2a-error.ts';
import type { Caller } from './caller.ts';

/** @throws TaskNotFoundError, also for a task of another client */
export async function requireOwnTask(
  { temporal }: Pick<AgentDeps, 'temporal'>,
  { client }: Caller,
  taskId: string,
): Promise<Task> {
  const task = await readTask(temporal, taskId, client);
  if (task) return task;
  throw noSuchTask(taskId);
}
