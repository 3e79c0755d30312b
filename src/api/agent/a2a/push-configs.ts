// The four operations on push notification configs.
import type { TaskPushNotificationConfig } from '@a2a-js/sdk';
import { type Callback, TASK_ENDS } from '../../../contracts/task.ts';
import { removeCallback, setCallback } from '../../../tasks/change-task.ts';
import { changeLateCallback, readLateCallbacks } from '../../../tasks/late-callbacks.ts';
import { readTaskHead, type Task } from '../../../tasks/read-task.ts';
import type { AgentDeps } from '../deps.ts';
import { noSuchConfig } from './a2a-error.ts';
import type { Caller } from './caller.ts';
import { toCallback, toCallbackId, toPushConfig } from './push-config.ts';
import { requireOwnTask } from './require-own-task.ts';

interface ConfigName {
  taskId: string;
  id: string;
}

export async function createPushConfig(
  deps: AgentDeps,
  caller: Caller,
  config: TaskPushNotificationConfig,
): Promise<TaskPushNotificationConfig> {
  const task = await requireOwnTask(deps, caller, config.taskId);
  const callback = toCallback(deps, '', config);
  await setPushCallback(deps, task, callback);
  return toPushConfig(config.taskId, callback) as TaskPushNotificationConfig;
}

/** What the task has told already, or will tell, goes to the callback. One of a task that has ended is only kept. */
export async function setPushCallback(deps: AgentDeps, task: Task, callback: Callback): Promise<void> {
  await setCallback(deps, task, callback);
  if (await hasEnded(deps, task)) await changeLateCallback(deps, task, callback);
}

export async function getPushConfig(
  deps: AgentDeps,
  caller: Caller,
  { taskId, id }: ConfigName,
): Promise<TaskPushNotificationConfig> {
  const wanted = toCallbackId('', id);
  const callback = (await callbacksOf(deps, caller, taskId)).find((one) => one.id === wanted);
  const config = callback && toPushConfig(taskId, callback);
  if (config) return config;
  throw noSuchConfig(id);
}

export async function listPushConfigs(
  deps: AgentDeps,
  caller: Caller,
  taskId: string,
): Promise<TaskPushNotificationConfig[]> {
  return (await callbacksOf(deps, caller, taskId)).flatMap((one) => toPushConfig(taskId, one) ?? []);
}

/** A config that is not there is deleted already. */
export async function deletePushConfig(
  deps: AgentDeps,
  caller: Caller,
  { taskId, id }: ConfigName,
): Promise<void> {
  const task = await requireOwnTask(deps, caller, taskId);
  const remove = toCallbackId('', id);
  await removeCallback(deps.temporal, task, remove);
  if (await hasEnded(deps, task)) await changeLateCallback(deps, task, { remove });
}

async function callbacksOf(deps: AgentDeps, caller: Caller, taskId: string): Promise<Callback[]> {
  const task = await requireOwnTask(deps, caller, taskId);
  if (!TASK_ENDS.includes(task.state.status)) return task.state.callbacks;
  return await readLateCallbacks(deps.temporal, task);
}

/** The task may have ended since it was read, and its workflow may have missed a signal. */
async function hasEnded({ temporal }: AgentDeps, { taskId, state, client }: Task): Promise<boolean> {
  if (TASK_ENDS.includes(state.status)) return true;
  return (await readTaskHead(temporal, taskId, client))?.run !== 'RUNNING';
}
