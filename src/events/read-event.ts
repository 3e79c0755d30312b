// Reads one event from its description and history, so that it can be seen even if no worker runs.
import {
  type WorkflowExecutionDescription,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { type CallbackTarget, TARGET_SIGNAL } from '../contracts/callback.ts';
import { DISCARD_EVENT, type DiscardEventInput } from '../contracts/dead-letter.ts';
import {
  PROCESS_EVENT,
  type ProcessEventInput,
  type ReplayFrom,
  type StepName,
  type StepOutcome,
  toCanceled,
} from '../contracts/event.ts';
import { RUN_AGENT_TASK, type TaskState } from '../contracts/task.ts';
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isNotFound } from '../temporal/grpc-code.ts';
import { type PendingStep, readPending } from './read-pending.ts';
import { readStarted, type Started } from './read-started.ts';
import { type HistoryEvent, readerFor, readSteps } from './read-steps.ts';

export interface EventRun {
  /** The description of the latest run. */
  description: WorkflowExecutionDescription;
  input: ProcessEventInput;
  /** undefined: it was not asked for, or Temporal has deleted the failed run of the discarded event. */
  body: RawBody | undefined;
  /** The outcome so far of each step that has begun. */
  steps: Map<StepName, StepOutcome>;
  /** Regular activities that run, or wait for their next attempt. */
  pending: PendingStep[];
  /** Why the run closed, if not by completing. */
  failure: Error | undefined;
  began: Beginning;
  /** Set for an agent task that broke. */
  state?: TaskState;
  /** Set for a discarded event: `steps` and `body` are then those of its failed run. */
  discarded?: { reason: string; at: string; job?: JobPartId };
}

/** The part of a job that has started a run. */
export interface JobPartId {
  job_id: string;
  job_part?: number | undefined;
}

/** How a run began. */
export interface Beginning {
  how: 'first' | 'replayed' | 'resent' | 'reset';
  /** Set for a replay. */
  from?: ReplayFrom;
  payload_corrected?: true;
}

/**
 * @param withBody false if the caller does not need the body, whose key or stored object may be lost
 * @returns the latest run, or undefined if there is none
 */
export async function readEvent(
  temporal: Temporal,
  workflowId: string,
  withBody = true,
): Promise<EventRun | undefined> {
  try {
    const description = await temporal.client.workflow.getHandle(workflowId).describe();
    switch (description.type) {
      case PROCESS_EVENT:
      case RUN_AGENT_TASK:
        return await readRun(temporal, description, withBody);
      case DISCARD_EVENT:
        return await readDiscarded(temporal, description, withBody);
      default:
        return undefined; // a workflow of somebody else, in a shared namespace
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isForged(error)) return undefined;
    throw error;
  }
}

/** Whether a run's input is one that Surehook has not written for it: the run is no run of the event. */
function isForged(error: unknown): boolean {
  return error instanceof DecryptionError && (error.reason === 'plain' || error.reason === 'foreign');
}

/** The checkpoint for the run that follows a failed or cancelled run. */
export function succeededSteps(run: EventRun | undefined): StepOutcome[] {
  return [...(run?.steps.values() ?? [])].filter(({ status }) => status === 'succeeded');
}

/** @returns undefined if Temporal has deleted the run */
export async function readBeginning(
  temporal: Temporal,
  execution: { workflowId: string; runId: string },
): Promise<Beginning | undefined> {
  try {
    const { started, input } = await readStart<ProcessEventInput>(temporal, execution);
    return toBeginning(started, input, execution.runId);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || isNotFound(error)) return undefined;
    throw error;
  }
}

function toBeginning(started: Started, { rerun }: ProcessEventInput, runId: string): Beginning {
  const { from, payload_corrected } = rerun ?? {};
  const corrected = payload_corrected ? { payload_corrected } : {};
  // A reset run begins with the history of the one before it.
  if (started?.originalExecutionRunId !== runId) return { how: 'reset', ...corrected };
  return { how: rerun?.how ?? 'first', ...(from ? { from } : {}), ...corrected };
}

async function readStart<I>(
  temporal: Temporal,
  execution: { workflowId: string; runId: string },
): Promise<{ started: Started; input: I }> {
  const started = await readStarted(temporal, execution);
  // The body is the second payload, and is not read: the body of an earlier run may be lost.
  const payloads = started?.input?.payloads?.slice(0, 1) ?? [];
  const [input] = (await temporal.readPayloads({ payloads }, execution.workflowId)) as [I];
  return { started, input };
}

async function readDiscarded(
  temporal: Temporal,
  description: WorkflowExecutionDescription,
  withBody: boolean,
): Promise<EventRun> {
  const { input } = await readStart<DiscardEventInput>(temporal, description);
  const { event, steps, of, reason, at, job_id, job_part } = input;
  const job = job_id === undefined ? {} : { job: { job_id, job_part } };
  const latest = { description, discarded: { reason, at, ...job } };
  try {
    const failed = await temporal.client.workflow.getHandle(description.workflowId, of).describe();
    return { ...(await readRun(temporal, failed, withBody)), ...latest };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const began: Beginning = { how: 'first' };
    return {
      input: { ...event, steps },
      body: undefined,
      steps: new Map(),
      pending: [],
      failure: undefined,
      began,
      ...latest,
    };
  }
}

async function readRun(
  temporal: Temporal,
  description: WorkflowExecutionDescription,
  withBody: boolean,
): Promise<EventRun> {
  const { workflowId, runId } = description;
  const { events: found } = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const events = found ?? [];
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const [first, ...rest] = started?.input?.payloads ?? [];
  const read = async (payloads: Payload[]) => await temporal.readPayloads({ payloads }, workflowId);
  const [input] = (await read(first ? [first] : [])) as [ProcessEventInput];
  const [body] = (await read(withBody ? rest : [])) as [RawBody?];
  if (input.target) input.target = (await latestTarget(read, events)) ?? input.target;
  const reader = readerFor(temporal, workflowId);
  const { steps, scheduled } = await readSteps(reader, events, input.checkpoint);
  const pending = await readPending(reader, description, scheduled);
  for (const { outcome } of pending) if (outcome) steps.set(outcome.step, outcome);
  if (STOPPED.includes(description.status.name)) endSteps(steps);
  const last = events.at(-1)?.workflowExecutionFailedEventAttributes;
  const failure = await reader.readFailure(last?.failure);
  const [, state] = ((failure as { details?: unknown[] } | undefined)?.details ?? []) as [
    unknown,
    TaskState?,
  ];
  const began = toBeginning(started, input, runId);
  return { description, input, body, steps, pending, failure, began, ...(state ? { state } : {}) };
}

/** The address that a client has given last, if it has changed it. */
async function latestTarget(
  read: (payloads: Payload[]) => Promise<unknown[]>,
  events: HistoryEvent[],
): Promise<CallbackTarget | undefined> {
  const signals = events.map(({ workflowExecutionSignaledEventAttributes: signal }) => signal);
  const last = signals.findLast((signal) => signal?.signalName === TARGET_SIGNAL);
  // A signal that is refused has changed nothing.
  const [target] = last ? await read(last.input?.payloads ?? []).catch(() => []) : [];
  return target as CallbackTarget | undefined;
}

const STOPPED: WorkflowExecutionStatusName[] = ['CANCELLED', 'TERMINATED'];

/** The steps that a stopped run has not ended are not retried: they are canceled. */
function endSteps(steps: Map<StepName, StepOutcome>): void {
  for (const [step, outcome] of steps) steps.set(step, toCanceled(outcome));
}
