// Reads the outcomes of a run's steps from its history.
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { Attempt, Heartbeat, StepName, StepOutcome } from '../contracts/event.ts';
import type { PayloadReader } from '../temporal/data-converter.ts';

export type HistoryEvent = NonNullable<History['events']>[number];

export interface StepsRead {
  /** Each step's latest outcome. */
  steps: Map<StepName, StepOutcome>;
  /** The step of each regular activity, by the activity's id. */
  scheduled: Map<string, StepName>;
}

/** Reads the payloads of one run. What is refused is `Refused`, since people may complete activities by hand. */
export interface RunReader {
  readWhatever(payloads: Parameters<PayloadReader['readWhatever']>[0]): Promise<unknown[]>;
  readFailure(failure: Parameters<PayloadReader['readFailure']>[0]): Promise<Error | undefined>;
}

export function readerFor(reader: PayloadReader, workflowId: string): RunReader {
  return {
    readWhatever: async (payloads) => await reader.readWhatever(payloads, workflowId),
    readFailure: async (failure) => await reader.readFailure(failure, workflowId),
  };
}

export async function readSteps(
  reader: RunReader,
  events: HistoryEvent[],
  checkpoint: StepOutcome[] = [],
): Promise<StepsRead> {
  const steps = new Map(checkpoint.map((outcome) => [outcome.step, outcome]));
  const byId = new Map<string, StepName>();
  const byEvent = new Map<string, StepName>();
  const keep = (outcomes: StepOutcome[]) => {
    for (const outcome of outcomes) steps.set(outcome.step, outcome);
  };
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const [{ step }] = (await reader.readWhatever(scheduled.input)) as [{ step?: StepName }];
      if (step === undefined) continue;
      byId.set(scheduled.activityId ?? '', step);
      byEvent.set(String(event.eventId), step);
    }
    keep(await readLocalOutcomes(reader, event));
    const outcome = await readRegularOutcome(reader, event, steps, byEvent);
    if (outcome) keep([outcome]);
  }
  return { steps, scheduled: byId };
}

/** The outcome of a step's first attempt, or of several steps if a cancelled run has kept their attempts. */
async function readLocalOutcomes(
  reader: RunReader,
  { markerRecordedEventAttributes: marker }: HistoryEvent,
): Promise<StepOutcome[]> {
  if (marker?.markerName !== 'core_local_activity') return [];
  const [outcomes] = (await reader.readWhatever(marker.details?.result)) as [
    (StepOutcome | StepOutcome[] | null)?,
  ];
  return [outcomes ?? []].flat().filter((outcome) => outcome.step !== undefined);
}

async function readRegularOutcome(
  reader: RunReader,
  event: HistoryEvent,
  steps: Map<StepName, StepOutcome>,
  byEvent: Map<string, StepName>,
): Promise<StepOutcome | undefined> {
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) {
    const outcome = asOutcome((await reader.readWhatever(completed.result))[0]);
    return outcome ?? toFailed(byEvent.get(String(completed.scheduledEventId)), steps);
  }
  const canceled = event.activityTaskCanceledEventAttributes;
  // An activity that waited reports nothing: the server cancels it, with a text of its own as details.
  if (canceled) return asOutcome((await reader.readWhatever(canceled.details))[0]);
  const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (!ended) return undefined;
  const failure = await reader.readFailure(ended.failure);
  const { details, lastHeartbeatDetails } = failure as {
    details?: [StepOutcome];
    lastHeartbeatDetails?: Heartbeat;
  };
  const step = byEvent.get(String(ended.scheduledEventId)) as StepName;
  const outcome = asOutcome(details?.[0]);
  if (outcome?.status === 'retrying') return withLast(steps.get(step)?.attempts ?? [], outcome);
  if (outcome) return outcome;
  return {
    step,
    status: 'failed',
    attempts: lastHeartbeatDetails?.attempts ?? steps.get(step)?.attempts ?? [],
  };
}

/** The outcome of a cancelled activity whose last attempt failed: the failure has that attempt alone. */
function withLast(before: Attempt[], { step, attempts: [last] }: StepOutcome): StepOutcome {
  const earlier = before.filter(({ attempt }) => attempt < (last?.attempt ?? 0));
  return { step, status: 'canceled', attempts: last ? [...earlier, last] : earlier };
}

/** The result of an activity that somebody has completed by hand is refused, and the step has failed. */
function toFailed(step: StepName | undefined, steps: Map<StepName, StepOutcome>): StepOutcome | undefined {
  return step && { step, status: 'failed', attempts: steps.get(step)?.attempts ?? [] };
}

function asOutcome(value: unknown): StepOutcome | undefined {
  return typeof value === 'object' && value !== null && 'step' in value ? (value as StepOutcome) : undefined;
}
