// The operator API of an event that is under way: do not wait for the next retry, or stop.
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { EVENT_ID, SOURCE_NAME, workflowIdOf } from '../../../contracts/ids.ts';
import { statusOf } from '../../../events/event-status.ts';
import { type EventRun, readEvent } from '../../../events/read-event.ts';
import type { PendingStep } from '../../../events/read-pending.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { GRPC, grpcCodeOf, isNotFound } from '../../../temporal/grpc-code.ts';
import { HttpError } from '../../http/errors.ts';

export interface InFlightDeps {
  temporal: Temporal;
  log: Logger;
}

type OneEvent = Request<{ source: string; event_id: string }>;

/** Each step that waits for its next attempt is tried now. */
export async function retryNow(
  { temporal, log }: InFlightDeps,
  { params }: OneEvent,
  response: Response,
): Promise<void> {
  const { run, ids } = await readRunning(temporal, params);
  const waiting = run.pending.filter(({ waits }) => waits);
  if (waiting.length === 0) throw new HttpError('nothing_waits', `${nameOf(params)} ${whyNothing(run)}`);
  const sent = await Promise.all(waiting.map((one) => resetActivity(temporal, run, one)));
  const steps = waiting.filter((_, i) => sent[i]).map(({ step }) => step);
  if (steps.length === 0) throw new HttpError('nothing_waits', `${nameOf(params)} has just been retried`);
  log.info({ ...ids, steps }, 'retried now by an operator');
  response.status(202).json({ status: 'retrying', ...ids, steps });
}

/** A worker carries it out: an attempt that is running is told to stop, and what was tried is kept on record. */
export async function cancelEvent(
  { temporal, log }: InFlightDeps,
  { params }: OneEvent,
  response: Response,
): Promise<void> {
  const { run, ids } = await readRunning(temporal, params);
  const { workflowId, runId } = run.description;
  try {
    await temporal.client.workflow.getHandle(workflowId, runId).cancel();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new HttpError('event_closed', `${nameOf(params)} has just ended`);
    throw error;
  }
  log.info(ids, 'canceled by an operator');
  response.status(202).json({ status: 'canceling', ...ids });
}

/** @throws HttpError `event_not_found` or `event_closed` */
async function readRunning(temporal: Temporal, params: OneEvent['params']) {
  const { source, event_id } = params;
  const isName = SOURCE_NAME.test(source) && EVENT_ID.test(event_id);
  const run = isName ? await readEvent(temporal, workflowIdOf(source, event_id), false) : undefined;
  if (!run) throw new HttpError('event_not_found', `there is no event ${event_id} of source ${source}`);
  const { workflowId: workflow_id, runId: run_id, closeTime } = run.description;
  const status = statusOf(run);
  if (closeTime || run.discarded) {
    const members = { event_status: status };
    throw new HttpError('event_closed', `${nameOf(params)} is not under way: it is ${status}`, { members });
  }
  return { run, ids: { source, event_id, workflow_id, run_id } };
}

function whyNothing({ pending }: EventRun): string {
  const running = pending.filter(({ outcome }) => outcome?.status === 'running').map(({ step }) => step);
  if (running.length > 0) return `waits for nothing: an attempt of ${running.join(', ')} runs right now`;
  return 'waits for no retry: it waits for a worker, or its first attempt runs right now';
}

/** @returns whether there was something to send on: it may have been tried meanwhile */
async function resetActivity(
  { client, namespace }: Temporal,
  { description: { workflowId, runId } }: EventRun,
  { activityId: id }: PendingStep,
): Promise<boolean> {
  try {
    await client.workflowService.resetActivity({
      namespace,
      execution: { workflowId, runId },
      id,
      resetHeartbeat: false, // they are the log of its attempts
    });
    return true;
  } catch (error) {
    if (isNotFound(error) || grpcCodeOf(error) === GRPC.FAILED_PRECONDITION) return false;
    throw error;
  }
}

const nameOf = ({ source, event_id }: OneEvent['params']) => `event ${event_id} of source ${source}`;
