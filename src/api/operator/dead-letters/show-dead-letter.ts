// GET /dead-letters/{source}/{event_id}: one dead letter whole.
import { expiryOf } from '../../../dead-letters/until-closed.ts';
import { listEarlierRuns } from '../../../events/earlier-runs.ts';
import { statusOf } from '../../../events/event-status.ts';
import { readEvent } from '../../../events/read-event.ts';
import { HttpError } from '../../http/errors.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { describeEvent, type EventParams, eventNotFound, eventParams, nameOf } from '../event-name.ts';
import { deadLetterView, toDeadLetterView } from './dead-letter-view.ts';

export const showDeadLetterRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/dead-letters/{source}/{event_id}',
  summary: 'One dead letter',
  description: 'The event, and what failed: each step with its code, message and stack.',
  params: eventParams,
  answers: { 200: { description: 'The dead letter', view: deadLetterView } },
  errors: ['event_not_found', 'not_dead_letter', 'payload_unreadable', 'storage_unavailable'],
  async handle({ temporal, config, webUi }, { params }) {
    const { workflowId } = nameOf(params);
    const run = await readEvent(temporal, workflowId);
    if (!run) throw eventNotFound(params, config);
    const status = statusOf(run);
    if (status !== 'failed') throw notDeadLetter(params, status);
    const earlier_runs = await listEarlierRuns(temporal, workflowId, run.description.runId);
    const expiry = await expiryOf(temporal, workflowId);
    return reply(200, { ...(await toDeadLetterView(run, webUi)), ...expiry, earlier_runs });
  },
});

export function notDeadLetter(params: EventParams, status: string): HttpError {
  const detail = `${describeEvent(params)} is no dead letter: it is ${status}`;
  return new HttpError('not_dead_letter', detail, { members: { event_status: status } });
}
