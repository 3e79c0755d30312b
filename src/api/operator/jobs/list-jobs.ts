// GET /jobs: the jobs, running jobs first.
import { z } from 'zod';
import { parseJobId } from '../../../contracts/ids.ts';
import { JOB_TYPES, type JobMemo } from '../../../contracts/job.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { readMemo } from '../../../temporal/read-memo.ts';
import {
  ANY_DIVISION,
  type ListedExecution,
  listPage,
  statusName,
  toTime,
} from '../../../temporal/visibility.ts';
import { pageOf, pageParameters, toCursor, toPageToken } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { jobView, toJobView } from './job-view.ts';

const TYPES = Object.values(JOB_TYPES)
  .map((type) => `'${type}'`)
  .join(', ');
const QUERY = `WorkflowType IN (${TYPES}) AND ExecutionStatus != 'ContinuedAsNew' AND ${ANY_DIVISION}`;

const jobPageView = pageOf(jobView);

export const listJobsRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/jobs',
  summary: 'List jobs',
  description: 'Replays and discards of many dead letters: running jobs first, then those that closed last.',
  query: z.strictObject(pageParameters),
  answers: { 200: { description: 'One page', view: jobPageView } },
  errors: ['invalid_parameter'],
  async handle({ temporal }, { query: { limit, cursor } }) {
    const page = await listPage(temporal, {
      query: QUERY,
      limit,
      pageToken: toPageToken(temporal.codec, cursor),
    });
    const items = await Promise.all(page.rows.map((row) => toItem(temporal, row)));
    return reply(200, { items, next_cursor: toCursor(temporal.codec, page.nextPageToken) });
  },
});

async function toItem(temporal: Temporal, row: ListedExecution) {
  const workflowId = row.execution?.workflowId ?? '';
  const memo = await readMemo<JobMemo>(temporal, row);
  const ids = { jobId: parseJobId(workflowId) ?? workflowId, workflowId, type: row.type?.name ?? '' };
  return toJobView({ ...ids, status: statusName(row), closedAt: toTime(row.closeTime), memo });
}
