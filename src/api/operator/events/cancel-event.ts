// POST /events/{source}/{event_id}/cancel: stops an event that is under way.
import { WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { describeEvent, eventParams } from '../event-name.ts';
import { findRunningEvent } from './find-running-event.ts';

export const cancelEventRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/events/{source}/{event_id}/cancel',
  summary: 'Cancel an event',
  description:
    'A worker cancels the event: it aborts an attempt that is running, and keeps every attempt on record.',
  params: eventParams,
  answers: {
    202: {
      description: 'The cancellation is requested',
      view: z.object({
        status: z.literal('canceling'),
        source: z.string(),
        event_id: z.string(),
        workflow_id: z.string(),
        run_id: z.string(),
      }),
    },
  },
  errors: ['event_not_found', 'event_closed', 'payload_unreadable'],
  async handle({ temporal, config, log }, { params }) {
    const { ids } = await findRunningEvent({ temporal, config }, params);
    try {
      await temporal.client.workflow.getHandle(ids.workflow_id, ids.run_id).cancel();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError)
        throw new HttpError('event_closed', `${describeEvent(params)} has just ended`);
      throw error;
    }
    log.info(ids, 'canceled by an operator');
    return reply(202, { status: 'canceling', ...ids });
  },
});
