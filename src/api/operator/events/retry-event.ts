// POST /events/{source}/{event_id}/retry: each step that waits for its next attempt makes it now.
import { z } from 'zod';
import type { EventRun } from '../../../events/read-event.ts';
import { retryNow } from '../../../events/retry-now.ts';
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
    const nothing = (why: string) => new HttpError('nothing_waits', `${describeEvent(params)} ${why}`);
    const { waiting, retried } = await retryNow(temporal, run);
    if (waiting.length === 0) throw nothing(whyNothing(run));
    const steps = retried.map(({ step }) => step);
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
