// Starts a run of an event: its first run, or the single run that follows a failed run.
import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type WorkflowStartOptions } from '@temporalio/client';
import {
  type InternalWorkflowStartOptions,
  InternalWorkflowStartOptionsSymbol,
} from '@temporalio/client/lib/internal.js';
import { TypedSearchAttributes } from '@temporalio/common';
import { DISCARD_EVENT, type DiscardEvent, type DiscardEventInput } from '../contracts/dead-letter.ts';
import {
  type EventMeta,
  PROCESS_EVENT,
  type ProcessEvent,
  type ProcessEventInput,
  type Rerun,
} from '../contracts/event.ts';
import { workflowIdOfEvent } from '../contracts/event-key.ts';
import { shortType } from '../contracts/event-type.ts';
import { parseWorkflowId } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { type AgentTaskInput, RUN_AGENT_TASK, type RunAgentTask } from '../contracts/task.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { EventIdMemo } from './name-of-row.ts';

/**
 * Temporal's default of 10 s runs out on a machine that is starved of CPU; the first attempts of the event
 * are then made again. The price: an event whose worker was killed waits this long for another worker.
 */
export const WORKFLOW_TASK_TIMEOUT = '30s';

export interface StartRunDeps {
  temporal: Temporal;
  taskQueue: string;
  /** A worker shares this process and connection: the start returns the first workflow task to it. */
  eager: boolean;
}

/**
 * @param client of the agent API, if the event is a delivery that it has asked for
 * @returns the run's id; undefined if the event already has a run
 */
export async function startFirstRun(
  deps: StartRunDeps,
  input: ProcessEventInput,
  body: RawBody,
  client?: string,
): Promise<string | undefined> {
  return await start<ProcessEvent>(deps, PROCESS_EVENT, {
    ...optionsFor(deps, input, { client }),
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    args: [input, body],
  });
}

/** @returns the run's id; undefined if somebody else was first, or the latest run has not failed */
export async function startRerun(
  deps: StartRunDeps,
  input: ProcessEventInput & { rerun: Rerun },
  body: RawBody,
): Promise<string | undefined> {
  return await startAfter<ProcessEvent>(deps, input.rerun.of, PROCESS_EVENT, {
    ...optionsFor(deps, input, { jobId: input.rerun.job_id, client: input.client }),
    args: [input, body],
  });
}

/** @returns as `startRerun` */
export async function startTaskRerun(
  deps: StartRunDeps,
  input: AgentTaskInput & { rerun: Rerun },
  body: RawBody,
  memo: Record<string, unknown>,
): Promise<string | undefined> {
  const { rerun, client } = input;
  const options = optionsFor(deps, input, { jobId: rerun.job_id, client });
  return await startAfter<RunAgentTask>(deps, rerun.of, RUN_AGENT_TASK, {
    ...options,
    staticSummary: `${input.event_type} for ${client}`,
    typedSearchAttributes: options.typedSearchAttributes.updateCopy([
      { key: SEARCH_ATTRIBUTES.taskStatus, value: 'processing' },
      { key: SEARCH_ATTRIBUTES.taskStatusAt, value: new Date() },
    ]),
    memo,
    args: [input, body],
  });
}

/** @returns as `startRerun` */
export async function startDiscard(
  deps: StartRunDeps,
  input: DiscardEventInput,
): Promise<string | undefined> {
  const options = optionsFor(deps, input.event, { jobId: input.job_id });
  return await startAfter<DiscardEvent>(deps, input.of, DISCARD_EVENT, {
    ...options,
    staticSummary: `discarded: ${options.staticSummary}`,
    args: [input],
  });
}

function optionsFor(
  { taskQueue, eager }: StartRunDeps,
  { source, event_id, event_type }: EventMeta,
  { jobId, client }: { jobId?: string | undefined; client?: string | undefined },
) {
  const workflowId = workflowIdOfEvent(source, event_id);
  return {
    workflowId,
    taskQueue,
    requestEagerStart: eager,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: `${shortType(event_type)} from ${source}`,
    ...(parseWorkflowId(workflowId)?.isDigest ? { memo: { event_id } satisfies EventIdMemo } : {}),
    typedSearchAttributes: new TypedSearchAttributes([
      { key: SEARCH_ATTRIBUTES.source, value: source },
      { key: SEARCH_ATTRIBUTES.eventType, value: event_type },
      ...(jobId === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.job, value: jobId }]),
      ...(client === undefined ? [] : [{ key: SEARCH_ATTRIBUTES.client, value: client }]),
    ]),
  } as const;
}

/**
 * All callers use the same request id, which the failed run gives. So Temporal starts one run after it: it
 * answers later requests with that run, even if that run has failed too by then. The memo says which caller
 * has started it.
 */
async function startAfter<W extends ProcessEvent | DiscardEvent | RunAgentTask>(
  deps: StartRunDeps,
  failedRunId: string,
  type: string,
  options: WorkflowStartOptions<W>,
): Promise<string | undefined> {
  const started_by = randomUUID();
  const internal: InternalWorkflowStartOptions = {
    workflowId: options.workflowId,
    taskQueue: deps.taskQueue,
    [InternalWorkflowStartOptionsSymbol]: { requestId: `after-${failedRunId}` },
  };
  const runId = await start<W>(deps, type, {
    ...options,
    ...internal,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    memo: { ...options.memo, started_by },
  });
  if (runId === undefined) return undefined;
  const handle = deps.temporal.client.workflow.getHandle(options.workflowId, runId);
  // The run is durable by now: if Temporal does not say who has started it, that is no failure of the start.
  const description = await handle.describe().catch(() => undefined);
  return description === undefined || description.memo?.started_by === started_by ? runId : undefined;
}

async function start<W extends ProcessEvent | DiscardEvent | RunAgentTask>(
  { temporal: { client } }: StartRunDeps,
  type: string,
  options: WorkflowStartOptions<W>,
): Promise<string | undefined> {
  try {
    return (await client.workflow.start<W>(type, options)).firstExecutionRunId;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}
