// Starts the one workflow of an agent task. A client's key is in the task's id, so that Temporal's unique ids hold it.
import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { TaskTypeConfig } from '../config/config.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import {
  type AgentTaskInput,
  type Callback,
  RUN_AGENT_TASK,
  type RunAgentTask,
  TASK_SOURCE,
  type TaskMemo,
} from '../contracts/task.ts';
import { type StartRunDeps, WORKFLOW_TASK_TIMEOUT } from '../events/start-run.ts';
import { RawBody } from '../payloads/raw-body.ts';
import { digestOf } from './digest.ts';

export interface NewTask {
  client: string;
  type: TaskTypeConfig;
  /** JSON that the type's schema has accepted. */
  input: unknown;
  callbacks: Callback[];
  /** The client's own key: a second request with it starts no second task. */
  idempotencyKey: string | undefined;
  /** What a second request with the same key has to be equal in. */
  request: string | Uint8Array;
  /** A2A: the conversation that the task belongs to. */
  contextId?: string;
  traceparent?: string;
  tracestate?: string;
}

/** `conflict`: the key belongs to another request of the same client. */
export type StartedTask =
  | { outcome: 'started' | 'repeated'; taskId: string }
  | { outcome: 'conflict'; taskId: string };

/** The id of the task that a client's key stands for. */
export function taskIdOf(client: string, idempotencyKey: string): string {
  return `task_${digestOf(client, idempotencyKey)}`;
}

/** The search attribute of a conversation. */
export function contextDigest(client: string, contextId: string): string {
  return digestOf('context', client, contextId);
}

/** @throws whatever Temporal answers, unless it has the task for sure */
export async function startTask(deps: StartRunDeps, task: NewTask): Promise<StartedTask> {
  const { client, idempotencyKey, type } = task;
  const taskId =
    idempotencyKey === undefined
      ? `task_${randomUUID().replaceAll('-', '')}`
      : taskIdOf(client, idempotencyKey);
  const request_digest = digestOf(type.name, task.request);
  const workflowId = workflowIdOf(TASK_SOURCE, taskId);
  try {
    await start(deps, workflowId, taskId, task, request_digest);
    return { outcome: 'started', taskId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const { memo } = await deps.temporal.client.workflow.getHandle(workflowId).describe();
  const isSame = (memo as unknown as TaskMemo | undefined)?.request_digest === request_digest;
  return { outcome: isSame ? 'repeated' : 'conflict', taskId };
}

async function start(
  { temporal, taskQueue, eager }: StartRunDeps,
  workflowId: string,
  taskId: string,
  { client, type, input, callbacks, contextId, traceparent, tracestate }: NewTask,
  request_digest: string,
): Promise<void> {
  const now = new Date();
  const args: AgentTaskInput = {
    source: TASK_SOURCE,
    event_id: taskId,
    event_type: type.name,
    received_at: now.toISOString(),
    headers: {},
    ...(traceparent ? { traceparent } : {}),
    ...(tracestate ? { tracestate } : {}),
    client,
    timeout_ms: type.timeoutMs,
    callbacks,
    steps: [],
    ...(contextId ? { context_id: contextId } : {}),
  };
  const memo: TaskMemo = { request_digest, ...(contextId ? { context_id: contextId } : {}) };
  await temporal.client.workflow.start<RunAgentTask>(RUN_AGENT_TASK, {
    workflowId,
    taskQueue,
    requestEagerStart: eager,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    workflowIdConflictPolicy: 'FAIL',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    args: [args, new RawBody(Buffer.from(JSON.stringify(input)), 'json/plain')],
    memo: { ...memo },
    staticSummary: `${type.name} for ${client}`,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.source, value: TASK_SOURCE },
      { key: SEARCH_ATTRIBUTES.eventType, value: type.name },
      { key: SEARCH_ATTRIBUTES.client, value: client },
      { key: SEARCH_ATTRIBUTES.taskStatus, value: 'processing' },
      { key: SEARCH_ATTRIBUTES.taskStatusAt, value: now },
      { key: SEARCH_ATTRIBUTES.taskContext, value: contextDigest(client, contextId ?? taskId) },
    ]),
  });
}
