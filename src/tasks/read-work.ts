// Reads what an operator wants to know of a task beside its state: its input, and every attempt of its work.
import type { Payload } from '@temporalio/common';
import { type StepOutcome, toCanceled } from '../contracts/event.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import { TASK_SOURCE, type TaskOutcome } from '../contracts/task.ts';
import { readPending } from '../events/read-pending.ts';
import { readerFor, readSteps } from '../events/read-steps.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { TaskHead } from './read-task.ts';

/** One round of the work: each answer begins another one. */
export interface WorkRound {
  round: number;
  /** `pending`: no attempt has begun. */
  status: StepOutcome['status'] | 'pending';
  /** What a round that succeeded came to. */
  outcome?: TaskOutcome['is'];
  attempts: StepOutcome['attempts'];
}

export interface TaskWork {
  /** What the task was given. */
  input: RawBody | undefined;
  rounds: WorkRound[];
}

/** No worker is needed. */
export async function readWork(temporal: Temporal, { taskId, runId }: TaskHead): Promise<TaskWork> {
  const workflowId = workflowIdOf(TASK_SOURCE, taskId);
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const [description, { events }] = await Promise.all([handle.describe(), handle.fetchHistory()]);
  const reader = readerFor(temporal, workflowId);
  const { steps, scheduled } = await readSteps(reader, events ?? []);
  for (const { outcome } of await readPending(reader, description, scheduled))
    if (outcome) steps.set(outcome.step, outcome);
  const hasEnded = description.status.name !== 'RUNNING';
  const rounds = [...new Set(scheduled.values())].map((step, i): WorkRound => {
    const found = steps.get(step);
    const outcome = found && hasEnded ? toCanceled(found) : found;
    const { status = hasEnded ? 'canceled' : 'pending', attempts = [], result } = outcome ?? {};
    const is = (result as TaskOutcome | undefined)?.is;
    return { round: i + 1, status, ...(is ? { outcome: is } : {}), attempts };
  });
  const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return { input: await readInput(temporal, payloads, workflowId), rounds };
}

/** The input is the second argument of the workflow. */
async function readInput(
  temporal: Temporal,
  [_task, given]: Payload[],
  workflowId: string,
): Promise<RawBody | undefined> {
  if (given === undefined) return undefined;
  return (await temporal.readPayloads({ payloads: [given] }, workflowId))[0] as RawBody;
}
