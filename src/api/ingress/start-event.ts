// Starts the one workflow of an event. Temporal's unique ids are the deduplication.
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { SourceConfig } from '../../config/config.ts';
import type { EventMeta, Rerun, StepPlan } from '../../contracts/event.ts';
import { workflowIdOfEvent } from '../../contracts/event-key.ts';
import { findLatestRun } from '../../events/latest-run.ts';
import { readEvent, succeededSteps } from '../../events/read-event.ts';
import { type StartRunDeps, startFirstRun, startRerun } from '../../events/start-run.ts';
import { DecryptionError } from '../../payloads/encryption-codec.ts';
import { RawBody } from '../../payloads/raw-body.ts';
import { storageFaultOf } from '../../storage/errors.ts';
import { inTime, LateError } from '../../temporal/in-time.ts';
import { HttpError } from '../http/errors.ts';
import type { IngressLimits } from './limits.ts';

/** The sender gets its answer within 3 s. A native connection alone would go on for 5 to 9 s. */
const CONFIRM_WITHIN_MS = 2_500;
const RETRY_AFTER_SECONDS = '5';
/** The first byte of a byte order mark, which Temporal's own JSON readers refuse. */
const UTF8_BOM = 0xef;

export interface StartEventInput {
  event: EventMeta;
  steps: StepPlan[];
  rawBody: Uint8Array;
  source: SourceConfig;
  /** Gets the start itself, which may go on after the answer, and keeps the body in memory until it ends. */
  onStart?: (started: Promise<unknown>) => void;
}

export type StartEvent = (
  input: StartEventInput,
) => Promise<{ status: 'accepted' | 'duplicate'; workflowId: string }>;

export interface StartEventDeps extends StartRunDeps {
  limits: Pick<IngressLimits, 'admission'>;
  log: Logger;
}

/** @throws HttpError `not_queued` unless Temporal has the event for sure */
export function createStartEvent(deps: StartEventDeps): StartEvent {
  const { admission } = deps.limits;
  return async (input) => {
    const admitted = admission.enter();
    if (!admitted) throw notQueued('Temporal is behind with earlier events; send this event again later');
    const workflowId = workflowIdOfEvent(input.event.source, input.event.event_id);
    const started = startOnce(deps, workflowId, input).finally(admitted.leave);
    input.onStart?.(started);
    try {
      // A start that fails or succeeds after the answer is harmless: the sender sends the event again.
      const isNew = await inTime(CONFIRM_WITHIN_MS, started, 'no confirmation');
      admitted.inTime();
      return { status: isNew ? 'accepted' : 'duplicate', workflowId };
    } catch (error) {
      // Temporal has not seen the event, so the error does not mean that Temporal is behind.
      if (storageFaultOf(error)) {
        deps.log.error({ workflow_id: workflowId, error: String(error) }, 'body not stored');
        throw notQueued('the body could not be stored; send it again');
      }
      if (saysBehind(error)) admitted.tooLate();
      deps.log.error({ workflow_id: workflowId, error: String(error) }, 'event not queued');
      if (error instanceof DecryptionError)
        throw notQueued('an earlier run of this event cannot be read: the log of this process says why');
      throw notQueued('Temporal did not confirm the event in time; send it again');
    }
  };
}

/** Other errors, such as an old payload that cannot be read for a resend, say nothing about how fast Temporal is. */
function saysBehind(error: unknown): boolean {
  return error instanceof LateError || isGrpcServiceError(error) || error instanceof ServiceError;
}

function notQueued(detail: string): HttpError {
  return new HttpError('not_queued', detail, { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
}

async function startOnce(deps: StartEventDeps, workflowId: string, input: StartEventInput): Promise<boolean> {
  const { event, steps, rawBody, source } = input;
  const isPlainJson = event.body_kind === undefined && rawBody[0] !== UTF8_BOM;
  const body = new RawBody(rawBody, isPlainJson ? 'json/plain' : 'binary/plain');
  if (await startFirstRun(deps, { ...event, steps }, body)) return true;
  if (source.redelivery === 'ignore') return false;
  const latest = await findLatestRun(deps.temporal, workflowId);
  if (latest === undefined) throw new Error('Temporal has just deleted the earlier run of this event');
  if (latest.status === 'RUNNING' || latest.status === 'COMPLETED') return false;
  // Somebody fixed what was broken and pressed "resend": the event runs again, without the steps that had succeeded.
  const checkpoint = succeededSteps(await readEvent(deps.temporal, workflowId, false));
  const rerun: Rerun = { of: latest.runId, how: 'resent', at: new Date().toISOString() };
  return (await startRerun(deps, { ...event, steps, checkpoint, rerun }, body)) !== undefined;
}
