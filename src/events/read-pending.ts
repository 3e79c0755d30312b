// Reads the steps of a run that are under way as regular activities from the run's description.
import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Attempt, Heartbeat, StepName, StepOutcome } from '../contracts/event.ts';
import { INTERRUPTED } from '../contracts/failures.ts';
import { isRefused, type Refused } from '../contracts/refused.ts';
import { toTime } from '../temporal/visibility.ts';
import type { RunReader } from './read-steps.ts';

export interface PendingStep {
  activityId: string;
  step: StepName;
  /** Whether the step waits for its next attempt in Temporal's backoff, or is paused. */
  waits: boolean;
  /** undefined: the step has not begun. */
  outcome: StepOutcome | undefined;
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

const { PendingActivityState: STATE } = proto.temporal.api.enums.v1;
/** The states in which an attempt is being made, even if somebody has asked for its end. */
const RUNNING: readonly unknown[] = [
  STATE.PENDING_ACTIVITY_STATE_STARTED,
  STATE.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
  STATE.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED,
];

/** @param scheduled the step of each activity, by the activity's id */
export async function readPending(
  reader: RunReader,
  { raw }: WorkflowExecutionDescription,
  scheduled: Map<string, StepName>,
): Promise<PendingStep[]> {
  const found = (raw.pendingActivities ?? []).map(async (activity): Promise<PendingStep[]> => {
    const activityId = activity.activityId ?? '';
    const step = scheduled.get(activityId);
    if (step === undefined) return [];
    // The heartbeats carry the attempt log.
    const [beat] = (await reader.readWhatever(activity.heartbeatDetails)) as [(Heartbeat | Refused)?];
    const outcome =
      beat && !isRefused(beat) ? toOutcome(step, beat, RUNNING.includes(activity.state)) : undefined;
    return [{ activityId, step, waits: isWaiting(activity), outcome }];
  });
  return (await Promise.all(found)).flat();
}

function isWaiting({ state, scheduledTime }: PendingActivity): boolean {
  if (state === STATE.PENDING_ACTIVITY_STATE_PAUSED) return true;
  return (
    state === STATE.PENDING_ACTIVITY_STATE_SCHEDULED && Date.parse(toTime(scheduledTime) ?? '') > Date.now()
  );
}

/** The log entry of an attempt is written before the attempt begins, as if the worker were lost already. */
function toOutcome(step: StepName, { attempts: log, held }: Heartbeat, runs: boolean): StepOutcome {
  const last = log.at(-1);
  if (!runs) return { step, status: 'retrying', attempts: log, ...(held ? { held } : {}) };
  if (last?.error !== INTERRUPTED || last.next_attempt_at !== undefined)
    return { step, status: 'running', attempts: log };
  const { attempt, at } = last;
  const duration_ms = Math.max(0, Date.now() - Date.parse(at));
  const running: Attempt = { attempt, at, duration_ms, running: true };
  return { step, status: 'running', attempts: [...log.slice(0, -1), running] };
}
