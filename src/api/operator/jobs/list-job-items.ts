// GET /jobs/{job_id}/items: the runs that a job has started, and their present status.
import { z } from 'zod';
import { toEventStatus } from '../../../events/event-status.ts';
import { nameOfRow } from '../../../events/name-of-row.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import {
  eventTypeOf,
  type ListedExecution,
  listPage,
  statusName,
  toTime,
} from '../../../temporal/visibility.ts';
import { pageOf, pageParameters, toCursor, toPageToken } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { eventStatusView } from '../events/event-view.ts';
import { BY_STATUS, statusParameter } from '../events/list-events.ts';
import { jobParams, readJob } from './read-job.ts';
import { ofJob } from './show-job.ts';

const jobItemView = z
  .object({
    source: z.string(),
    event_id: z.string(),
    event_type: z.string().nullable(),
    status: eventStatusView,
    started_at: z.string(),
    closed_at: z.string().nullable(),
    workflow_id: z.string(),
    run_id: z.string(),
  })
  .meta({ id: 'JobItem' });

export type JobItemView = z.output<typeof jobItemView>;

export const listJobItemsRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/jobs/{job_id}/items',
  summary: 'List the runs that a job has started',
  params: jobParams,
  query: z.strictObject({ ...pageParameters, status: statusParameter }),
  answers: { 200: { description: 'One page', view: pageOf(jobItemView) } },
  errors: ['invalid_parameter', 'job_not_found'],
  async handle({ temporal }, { params: { job_id }, query: { limit, cursor, status } }) {
    await readJob(temporal, job_id);
    const wanted = [ofJob(job_id), ...(status ? [BY_STATUS[status]] : [])].join(' AND ');
    const page = await listPage(temporal, {
      query: wanted,
      limit,
      pageToken: toPageToken(temporal.codec, cursor),
    });
    return reply(200, {
      items: await Promise.all(page.rows.map((row) => toItem(temporal, row))),
      next_cursor: toCursor(temporal.codec, page.nextPageToken),
    });
  },
});

async function toItem(temporal: Temporal, row: ListedExecution): Promise<JobItemView> {
  const workflow_id = row.execution?.workflowId ?? '';
  const { source = '', eventId: event_id = '' } = (await nameOfRow(temporal, row)) ?? {};
  return {
    source,
    event_id,
    event_type: eventTypeOf(row),
    status: toEventStatus({ type: row.type?.name ?? '', status: statusName(row) }),
    started_at: toTime(row.startTime) as string,
    closed_at: toTime(row.closeTime),
    workflow_id,
    run_id: row.execution?.runId ?? '',
  };
}
