// POST /events/{source}/{event_id}/retry: each step that waits for its next attempt makes it now.
import { z } from 'zod';
import type { EventRun } from '../../../events/read-event.ts';
import type { PendingStep } from '../../../events/read-pending.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { GRPC, grpcCodeOf, isNotFound } from '../../../temporal/grpc-code.ts';
import { HttpError } from '../../http/errors.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { describeEvent, eventParams } from '../event-name.ts';
import { findRunningEvent } from './find-running-event.ts';

export const retryEventRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/events/{source}/{event_id}/retry',
  summary: 'Make the next attempts now',
  description: 'Each step that waits for its next attempt makes it now; the schedule goes on from there.',
  params: eventParams,
  answers: {
    202: {
      description: 'The steps that make their next attempt now',
      view: z.object({
        status: z.literal('retrying'),
        source: z.string(),
        event_id: z.string(),
        workflow_id: z.string(),
        run_id: z.string(),
        steps: z.array(z.string()),
      }),
    },
  },
  errors: ['event_not_found', 'event_closed', 'nothing_waits', 'payload_unreadable'],
  async handle({ temporal, config, log }, { params }) {
    const { run, ids } = await findRunningEvent({ temporal, config }, params);
    const waiting = run.pending.filter(({ waits }) => waits);
    const nothing = (why: string) => new HttpError('nothing_waits', `${describeEvent(params)} ${why}`);
    if (waiting.length === 0) throw nothing(whyNothing(run));
    const sent = await Promise.all(waiting.map((step) => resetActivity(temporal, run, step)));
    const steps = waiting.filter((_, i) => sent[i]).map(({ step }) => step);
    if (steps.length === 0) throw nothing('has just been retried');
    log.info({ ...ids, steps }, 'retried now by an operator');
    return reply(202, { status: 'retrying', ...ids, steps });
  },
});

function whyNothing({ pending }: EventRun): string {
  const running = pending.filter(({ outcome }) => outcome?.status === 'running').map(({ step }) => step);
  if (running.length > 0) return `has no step that waits: an attempt of ${running.join(', ')} runs right now`;
  return 'has no step that waits for a retry: the event waits for a worker, or its first attempt runs right now';
}

/** @returns false if the activity does not wait, since its attempt has begun meanwhile */
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
      resetHeartbeat: false, // the heartbeat details are the log of the step's attempts
    });
    return true;
  } catch (error) {
    if (isNotFound(error) || grpcCodeOf(error) === GRPC.FAILED_PRECONDITION) return false;
    throw error;
  }
}
