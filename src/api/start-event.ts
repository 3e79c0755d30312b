// Starts the one workflow of an event. Temporal's unique ids are the deduplication.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { Logger } from 'pino';
import type { SourceConfig } from '../config/config.ts';
import { workflowIdOf } from '../ids.ts';
import {
  type EventMeta,
  PROCESS_EVENT,
  SEARCH_ATTRIBUTES,
  type StepOutcome,
  type StepPlan,
} from '../messages.ts';
import { RawBody } from '../raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import type { processEvent } from '../workflows/process-event.ts';
import { Admission } from './admission.ts';
import { HttpError } from './errors.ts';
import { readSucceededSteps } from './read-event.ts';

/** The sender hears of it within 3 s; a native connection alone would go on trying for 5 to 9 s. */
const CONFIRM_WITHIN_MS = 2_500;
const RETRY_AFTER_SECONDS = '5';
/**
 * Temporal's own 10 s run out on a machine that is starved of CPU; the first tries of the event are then made again.
 * The price: an event whose worker was killed waits this long for another one.
 */
const WORKFLOW_TASK_TIMEOUT = '30s';

/** The first byte of a byte order mark: Temporal's own JSON readers refuse it. */
const UTF8_BOM = 0xef;

export interface StartEventInput {
  event: EventMeta;
  steps: StepPlan[];
  rawBody: Uint8Array;
  source: SourceConfig;
}

export type StartEvent = (
  input: StartEventInput,
) => Promise<{ status: 'accepted' | 'duplicate'; workflowId: string }>;

export interface StartEventDeps {
  temporal: Temporal;
  taskQueue: string;
  /** A worker shares this process and connection: the first workflow task comes with the answer to the start. */
  eager: boolean;
  log: Logger;
}

/** @throws HttpError `not_queued` unless Temporal has the event for sure */
export function createStartEvent(deps: StartEventDeps): StartEvent {
  const admission = new Admission();
  return async (input) => {
    const admitted = admission.enter();
    if (!admitted) throw notQueued('Temporal is behind with the events before it; send it again later');
    const workflowId = workflowIdOf(input.event.source, input.event.event_id);
    const started = startOnce(deps, workflowId, input).finally(admitted.leave);
    started.catch(() => undefined); // a start that fails, or succeeds, after the answer is harmless: the sender tries again
    try {
      const isNew = await within(CONFIRM_WITHIN_MS, started);
      admitted.inTime();
      return { status: isNew ? 'accepted' : 'duplicate', workflowId };
    } catch (error) {
      admitted.tooLate();
      deps.log.error({ workflow_id: workflowId, error: String(error) }, 'event not queued');
      throw notQueued('Temporal did not confirm the event in time; send it again');
    }
  };
}

function notQueued(detail: string): HttpError {
  return new HttpError('not_queued', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}

async function startOnce(deps: StartEventDeps, workflowId: string, input: StartEventInput): Promise<boolean> {
  if (await start(deps, workflowId, input, 'REJECT_DUPLICATE')) return true;
  if (input.source.redelivery === 'ignore') return false;
  const { status } = await deps.temporal.client.workflow.getHandle(workflowId).describe();
  if (status.name === 'RUNNING' || status.name === 'COMPLETED') return false;
  // Somebody fixed what was broken and pressed "resend": it runs again, without the steps that had succeeded.
  const checkpoint = await readSucceededSteps(deps.temporal, workflowId);
  return await start(deps, workflowId, input, 'ALLOW_DUPLICATE_FAILED_ONLY', checkpoint);
}

async function start(
  { temporal: { client }, taskQueue, eager }: StartEventDeps,
  workflowId: string,
  { event, steps, rawBody }: StartEventInput,
  workflowIdReusePolicy: 'REJECT_DUPLICATE' | 'ALLOW_DUPLICATE_FAILED_ONLY',
  checkpoint?: StepOutcome[],
): Promise<boolean> {
  const { source, event_type } = event;
  try {
    await client.workflow.start<typeof processEvent>(PROCESS_EVENT, {
      workflowId,
      taskQueue,
      workflowIdReusePolicy,
      workflowIdConflictPolicy: 'FAIL',
      requestEagerStart: eager,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      args: [
        { ...event, steps, ...(checkpoint ? { checkpoint } : {}) },
        new RawBody(rawBody, rawBody[0] === UTF8_BOM ? 'binary/plain' : 'json/plain'),
      ],
      staticSummary: `${event_type} from ${source}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: SEARCH_ATTRIBUTES.source, value: source },
        { key: SEARCH_ATTRIBUTES.eventType, value: event_type },
      ]),
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no confirmation within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
