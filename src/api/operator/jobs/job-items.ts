// What became of the dead letters that a job has started: the runs that carry its id, and their present status.
import { z } from 'zod';
import { parseWorkflowId } from '../../../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../../../contracts/search-attributes.ts';
import { type EventStatus, toEventStatus } from '../../../events/event-status.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { type ListedExecution, searchAttribute, statusName, toTime } from '../../../temporal/visibility.ts';
import { BY_STATUS, statusParameter } from '../events/list-events.ts';
import { pageParameters, parseQuery, toCursor } from '../list-parameters.ts';

export interface JobItemView {
  source: string;
  event_id: string;
  event_type: string | null;
  status: EventStatus;
  started_at: string;
  closed_at: string | null;
  workflow_id: string;
  run_id: string;
}

export interface RunCounts {
  processing: number;
  /** Or discarded. */
  succeeded: number;
  failed: number;
  canceled: number;
}

const parameters = z.strictObject({ ...pageParameters, status: statusParameter });
const ofJob = (jobId: string) => `${SEARCH_ATTRIBUTES.job.name} = '${jobId}'`;

/** One query, however many there are. */
export async function countItems({ client }: Temporal, jobId: string): Promise<RunCounts> {
  const { groups } = await client.workflow.count(`${ofJob(jobId)} GROUP BY ExecutionStatus`);
  const counts: RunCounts = { processing: 0, succeeded: 0, failed: 0, canceled: 0 };
  for (const { count, groupValues } of groups)
    counts[OUTCOMES[String(groupValues[0])] ?? 'canceled'] += count;
  return counts;
}

const OUTCOMES: Record<string, keyof RunCounts> = {
  Running: 'processing',
  Completed: 'succeeded',
  Failed: 'failed',
  TimedOut: 'failed',
};

/** @throws HttpError `invalid_parameter` */
export async function listItems({ client, namespace }: Temporal, jobId: string, query: unknown) {
  const { limit, cursor, status } = parseQuery(parameters, query);
  const page = await client.workflowService.listWorkflowExecutions({
    namespace,
    pageSize: limit,
    query: [ofJob(jobId), ...(status ? [BY_STATUS[status]] : [])].join(' AND '),
    nextPageToken: cursor,
  });
  const next_cursor = page.nextPageToken?.length ? toCursor(page.nextPageToken) : null;
  return { items: (page.executions ?? []).map(toItem), next_cursor };
}

function toItem(row: ListedExecution): JobItemView {
  const workflow_id = row.execution?.workflowId ?? '';
  const { source = '', eventId: event_id = '' } = parseWorkflowId(workflow_id) ?? {};
  return {
    source,
    event_id,
    event_type: (searchAttribute(row, SEARCH_ATTRIBUTES.eventType.name) as string | undefined) ?? null,
    status: toEventStatus({ type: row.type?.name ?? '', status: statusName(row) }),
    started_at: toTime(row.startTime) as string,
    closed_at: toTime(row.closeTime),
    workflow_id,
    run_id: row.execution?.runId ?? '',
  };
}
