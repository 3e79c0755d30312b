// The steps of a run that are under way as regular activities, as its description tells of them.
import type { WorkflowExecutionDescription } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Attempt, Heartbeat, StepName, StepOutcome } from '../contracts/event.ts';
import { INTERRUPTED } from '../contracts/failures.ts';
import type { PayloadReader } from '../temporal/data-converter.ts';
import { toTime } from '../temporal/visibility.ts';

export interface PendingStep {
  activityId: string;
  step: StepName;
  /** For its next attempt, in Temporal's backoff. */
  waits: boolean;
  /** undefined: it has not begun. */
  outcome: StepOutcome | undefined;
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

const { PendingActivityState: STATE } = proto.temporal.api.enums.v1;
/** An attempt is being made, even if somebody wants it to end. */
const RUNNING: readonly unknown[] = [
  STATE.PENDING_ACTIVITY_STATE_STARTED,
  STATE.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED,
  STATE.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED,
];

/** @param scheduled tells the step of an activity by its id */
export async function readPending(
  reader: PayloadReader,
  { raw }: WorkflowExecutionDescription,
  scheduled: Map<string, StepName>,
): Promise<PendingStep[]> {
  const found = (raw.pendingActivities ?? []).map(async (activity): Promise<PendingStep[]> => {
    const activityId = activity.activityId ?? '';
    const step = scheduled.get(activityId);
    if (step === undefined) return [];
    // It carries its log on its heartbeats.
    const [beat] = (await reader.readPayloads(activity.heartbeatDetails)) as [Heartbeat?];
    const outcome = beat && toOutcome(step, beat, RUNNING.includes(activity.state));
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

/** The entry of an attempt is written before it begins, as if the worker were lost during it. */
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
