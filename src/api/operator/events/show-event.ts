// GET /events/{source}/{event_id}: one event, with every attempt of its steps and its earlier runs.
import { listEarlierRuns } from '../../../events/earlier-runs.ts';
import { readEvent } from '../../../events/read-event.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { eventNotFound, eventParams, nameOf } from '../event-name.ts';
import { eventView, toEventView } from './event-view.ts';

export const showEventRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/events/{source}/{event_id}',
  summary: 'One event',
  description: 'The event is read from Temporal. No worker is needed.',
  params: eventParams,
  answers: { 200: { description: 'The event, as its latest run has it', view: eventView } },
  errors: ['event_not_found', 'payload_unreadable', 'storage_unavailable'],
  async handle({ temporal, config, webUi }, { params }) {
    const { workflowId } = nameOf(params);
    const run = await readEvent(temporal, workflowId);
    if (!run) throw eventNotFound(params, config);
    const earlier_runs = await listEarlierRuns(temporal, workflowId, run.description.runId);
    return reply(200, { ...(await toEventView(run, webUi)), earlier_runs });
  },
});
