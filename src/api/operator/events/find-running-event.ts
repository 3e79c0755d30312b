// Finds an event that is under way, for routes that act on the event.
import { statusOf } from '../../../events/event-status.ts';
import { readEvent } from '../../../events/read-event.ts';
import { HttpError } from '../../http/errors.ts';
import type { OperatorDeps } from '../deps.ts';
import { describeEvent, type EventParams, eventNotFound, nameOf } from '../event-name.ts';

/** @throws HttpError `event_not_found` or `event_closed` */
export async function findRunningEvent(
  { temporal, config }: Pick<OperatorDeps, 'temporal' | 'config'>,
  params: EventParams,
) {
  const { source, eventId: event_id, workflowId: workflow_id } = nameOf(params);
  const run = await readEvent(temporal, workflow_id, false);
  if (!run) throw eventNotFound(params, config);
  const status = statusOf(run);
  if (run.description.closeTime || run.discarded) {
    const members = { event_status: status };
    const detail = `${describeEvent(params)} is not under way: it is ${status}`;
    throw new HttpError('event_closed', detail, { members });
  }
  return { run, ids: { source, event_id, workflow_id, run_id: run.description.runId } };
}
