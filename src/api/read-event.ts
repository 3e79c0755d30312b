// Reads one event from Temporal: description and history, so that it can be seen where no worker runs.
import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import {
  type Attempt,
  PROCESS_EVENT,
  type ProcessEventInput,
  type StepName,
  type StepOutcome,
} from '../messages.ts';
import type { RawBody } from '../raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { PayloadReader } from '../temporal/data-converter.ts';

type HistoryEvent = NonNullable<History['events']>[number];

export interface EventRun {
  description: WorkflowExecutionDescription;
  input: ProcessEventInput;
  body: RawBody;
  /** What is known of each step that was begun. */
  steps: Map<StepName, StepOutcome>;
  /** Why the run closed, if not by completing. */
  failure: Error | undefined;
}

/** @returns the latest run, or undefined if there is none */
export async function readEvent(temporal: Temporal, workflowId: string): Promise<EventRun | undefined> {
  const { client } = temporal;
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    if (description.type !== PROCESS_EVENT) return undefined; // somebody else's, in a namespace that is shared
    const { events } = await client.workflow.getHandle(workflowId, description.runId).fetchHistory();
    return await readRun(temporal, description, events ?? []);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The checkpoint of a run that ended badly, however it ended. */
export async function readSucceededSteps(temporal: Temporal, workflowId: string): Promise<StepOutcome[]> {
  const run = await readEvent(temporal, workflowId);
  return [...(run?.steps.values() ?? [])].filter(({ status }) => status === 'succeeded');
}

async function readRun(
  reader: PayloadReader,
  description: WorkflowExecutionDescription,
  events: HistoryEvent[],
): Promise<EventRun> {
  const started = events[0]?.workflowExecutionStartedEventAttributes;
  const [input, body] = (await reader.readPayloads(started?.input)) as [ProcessEventInput, RawBody];
  const steps = new Map<StepName, StepOutcome>();
  for (const outcome of input.checkpoint ?? []) steps.set(outcome.step, outcome);
  const scheduled = await readSteps(reader, events, steps);
  await readPending(reader, description, scheduled, steps);
  const last = events.at(-1)?.workflowExecutionFailedEventAttributes;
  return { description, input, body, steps, failure: await reader.readFailure(last?.failure) };
}

/** Folds outcomes into `steps`; returns which step each regular activity is for, by its id. */
async function readSteps(reader: PayloadReader, events: HistoryEvent[], steps: Map<StepName, StepOutcome>) {
  const byId = new Map<string, StepName>();
  const byEvent = new Map<string, StepName>();
  const keep = (outcome: StepOutcome | undefined) => outcome && steps.set(outcome.step, outcome);
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const [{ step }] = (await reader.readPayloads(scheduled.input)) as [{ step: StepName }];
      byId.set(scheduled.activityId ?? '', step);
      byEvent.set(String(event.eventId), step);
    }
    keep(await readLocalOutcome(reader, event));
    keep(await readRegularOutcome(reader, event, steps, byEvent));
  }
  return byId;
}

async function readLocalOutcome(
  reader: PayloadReader,
  { markerRecordedEventAttributes: marker }: HistoryEvent,
) {
  if (marker?.markerName !== 'core_local_activity') return undefined;
  const [outcome] = (await reader.readPayloads(marker.details?.result)) as [StepOutcome?];
  return outcome;
}

async function readRegularOutcome(
  reader: PayloadReader,
  event: HistoryEvent,
  steps: Map<StepName, StepOutcome>,
  byEvent: Map<string, StepName>,
): Promise<StepOutcome | undefined> {
  const completed = event.activityTaskCompletedEventAttributes;
  if (completed) return (await reader.readPayloads(completed.result))[0] as StepOutcome;
  const ended = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (!ended) return undefined;
  const failure = await reader.readFailure(ended.failure);
  const { details, lastHeartbeatDetails } = failure as {
    details?: [StepOutcome];
    lastHeartbeatDetails?: { attempts: Attempt[] };
  };
  if (details?.[0]) return details[0];
  const step = byEvent.get(String(ended.scheduledEventId)) as StepName;
  return {
    step,
    status: 'failed',
    attempts: lastHeartbeatDetails?.attempts ?? steps.get(step)?.attempts ?? [],
  };
}

/** A regular activity that runs or waits carries its log on its heartbeats. */
async function readPending(
  reader: PayloadReader,
  { raw }: WorkflowExecutionDescription,
  scheduled: Map<string, StepName>,
  steps: Map<StepName, StepOutcome>,
): Promise<void> {
  for (const { activityId, heartbeatDetails } of raw.pendingActivities ?? []) {
    const step = scheduled.get(activityId ?? '');
    const [beat] = (await reader.readPayloads(heartbeatDetails)) as [{ attempts: Attempt[] }?];
    if (step && beat) steps.set(step, { step, status: 'retrying', attempts: beat.attempts });
  }
}
