// tasks/get, tasks/update and tasks/cancel.
import type { ServerContext } from '@modelcontextprotocol/server';
import { cancelTask } from '../../../tasks/change-task.ts';
import { readTask, readTaskHead, type Task } from '../../../tasks/read-task.ts';
import type { McpDeps } from './mcp-deps.ts';
import { invalidParams } from './mcp-errors.ts';
import { toDetailedTask } from './mcp-task.ts';
import { takeInput } from './take-input.ts';

export async function getMcpTask(deps: McpDeps, client: string, taskId: string): Promise<object> {
  const task = await requireTask(deps, client, taskId);
  return toDetailedTask(task, await deps.readRetentionMs().catch(() => undefined));
}

/** Also of a task that has ended: it is acknowledged, and nothing happens. */
export async function updateMcpTask(
  deps: McpDeps,
  client: string,
  taskId: string,
  context: ServerContext,
): Promise<object> {
  const task = await requireTask(deps, client, taskId);
  if (context.mcpReq.inputResponses === undefined) throw invalidParams('inputResponses: it is missing');
  await takeInput(deps, task, context);
  return {};
}

export async function cancelMcpTask(
  { temporal, log }: McpDeps,
  client: string,
  taskId: string,
): Promise<object> {
  const head = await readTaskHead(temporal, taskId, client);
  if (head === undefined) throw unknownTask(taskId);
  if (await cancelTask(temporal, head)) log.info({ task_id: taskId }, 'task cancellation requested');
  return {};
}

/** @throws ProtocolError -32602, also for a task of another client */
export async function requireTask({ temporal }: McpDeps, client: string, taskId: string): Promise<Task> {
  const task = await readTask(temporal, taskId, client);
  if (task === undefined) throw unknownTask(taskId);
  return task;
}

const unknownTask = (taskId: string) => invalidParams(`taskId: there is no task ${taskId.slice(0, 64)}`);
