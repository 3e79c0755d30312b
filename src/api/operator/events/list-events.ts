// GET /events: the list of events, read from Temporal's visibility.
import { z } from 'zod';
import { DISCARD_EVENT } from '../../../contracts/dead-letter.ts';
import { PROCESS_EVENT } from '../../../contracts/event.ts';
import { type EventStatus, toEventStatus } from '../../../events/event-status.ts';
import { findLatestRun } from '../../../events/latest-run.ts';
import { nameOfRow } from '../../../events/name-of-row.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import {
  eventTypeOf,
  filterConditions,
  type ListedExecution,
  listPage,
  statusName,
  toTime,
} from '../../../temporal/visibility.ts';
import { filterParameters, pageOf, pageParameters, toCursor, toPageToken } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { requireKnownNames } from '../known-names.ts';
import { eventStatusView } from './event-view.ts';

const ANY_TYPE = `WorkflowType IN ('${PROCESS_EVENT}', '${DISCARD_EVENT}')`;

/** Visibility does not know how far a running event is, so `delivering` and `processing` list the same events. */
export const BY_STATUS: Record<EventStatus, string> = {
  processing: `WorkflowType = '${PROCESS_EVENT}' AND ExecutionStatus = 'Running'`,
  delivering: `WorkflowType = '${PROCESS_EVENT}' AND ExecutionStatus = 'Running'`,
  processed: `WorkflowType = '${PROCESS_EVENT}' AND ExecutionStatus = 'Completed'`,
  failed: `WorkflowType = '${PROCESS_EVENT}' AND ExecutionStatus IN ('Failed', 'TimedOut')`,
  canceled: `${ANY_TYPE} AND ExecutionStatus IN ('Canceled', 'Terminated')`,
  discarded: `WorkflowType = '${DISCARD_EVENT}' AND ExecutionStatus IN ('Running', 'Completed')`,
};

export const statusParameter = z
  .enum(Object.keys(BY_STATUS) as [EventStatus, ...EventStatus[]], {
    error: `expected one of ${Object.keys(BY_STATUS).join(', ')}`,
  })
  .describe('only items with this status; `processing` and `delivering` list the same items')
  .optional();

const eventItemView = z
  .object({
    source: z.string(),
    event_id: z.string(),
    event_type: z.string().nullable(),
    status: eventStatusView,
    received_at: z.string().describe('when the latest run began'),
    closed_at: z.string().nullable(),
    workflow_id: z.string(),
    run_id: z.string(),
  })
  .meta({ id: 'EventItem' });

const eventPageView = pageOf(eventItemView);

export type EventItem = z.output<typeof eventItemView>;
export const listEventsRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/events',
  summary: 'List events',
  description: 'Ordered by their latest run: running events first, then those that closed last.',
  query: z.strictObject({ ...filterParameters, ...pageParameters, status: statusParameter }),
  answers: {
    200: {
      description: 'One page. It may have fewer items than `limit`, or none, and still have a next page.',
      view: eventPageView,
    },
  },
  errors: ['invalid_parameter'],
  async handle({ temporal, config }, { query: { limit, cursor, status, ...filter } }) {
    await requireKnownNames({ temporal, config }, filter);
    const wanted = [status ? BY_STATUS[status] : ANY_TYPE, ...filterConditions(filter)].join(' AND ');
    const page = await listPage(temporal, {
      query: wanted,
      limit,
      pageToken: toPageToken(temporal.codec, cursor),
    });
    const items = await Promise.all(page.rows.map((row) => toItem(temporal, row)));
    const next_cursor = toCursor(temporal.codec, page.nextPageToken);
    return reply(200, { items: items.filter((item) => item !== undefined), next_cursor });
  },
});

/** Visibility lists runs, and the list shows each event by its latest run: an earlier run is left out. */
async function toItem(temporal: Temporal, row: ListedExecution): Promise<EventItem | undefined> {
  const workflow_id = row.execution?.workflowId ?? '';
  const run_id = row.execution?.runId ?? '';
  const id = await nameOfRow(temporal, row);
  if (id === undefined) return undefined;
  const status = toEventStatus({ type: row.type?.name ?? '', status: statusName(row) });
  if (status === 'failed' || status === 'canceled') {
    const latest = await findLatestRun(temporal, workflow_id);
    if (latest?.runId !== run_id) return undefined;
  }
  return {
    source: id.source,
    event_id: id.eventId,
    event_type: eventTypeOf(row),
    status,
    received_at: toTime(row.startTime) as string,
    closed_at: toTime(row.closeTime),
    workflow_id,
    run_id,
  };
}
