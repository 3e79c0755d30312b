// The list of events, from Temporal's visibility store.
import { z } from 'zod';
import { DISCARD_EVENT } from '../../../contracts/dead-letter.ts';
import { PROCESS_EVENT } from '../../../contracts/event.ts';
import { parseWorkflowId } from '../../../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../../../contracts/search-attributes.ts';
import { type EventStatus, toEventStatus } from '../../../events/event-status.ts';
import { findLatestRun } from '../../../events/latest-run.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import {
  filterConditions,
  type ListedExecution,
  searchAttribute,
  statusName,
  toTime,
} from '../../../temporal/visibility.ts';
import { filterParameters, pageParameters, parseQuery, toCursor } from '../list-parameters.ts';

const ANY_TYPE = `WorkflowType IN ('${PROCESS_EVENT}', '${DISCARD_EVENT}')`;

/** Visibility does not know how far a running event is: `delivering` and `processing` list the same. */
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
  .optional();

const parameters = z.strictObject({
  ...filterParameters,
  ...pageParameters,
  status: statusParameter,
});

export interface EventItem {
  source: string;
  event_id: string;
  event_type: string | null;
  status: EventStatus;
  received_at: string;
  closed_at: string | null;
  workflow_id: string;
  run_id: string;
}

/** @throws HttpError `invalid_parameter` */
export async function listEvents(temporal: Temporal, query: unknown) {
  const { client, namespace } = temporal;
  const { limit, cursor, ...filter } = parseQuery(parameters, query);
  const page = await client.workflowService.listWorkflowExecutions({
    namespace,
    pageSize: limit,
    query: toQuery(filter),
    nextPageToken: cursor,
  });
  const runs = await Promise.all((page.executions ?? []).map((execution) => toItem(temporal, execution)));
  const next_cursor = page.nextPageToken?.length ? toCursor(page.nextPageToken) : null;
  return { items: runs.filter((run) => run !== undefined), next_cursor };
}

function toQuery({ status, ...filter }: Omit<z.output<typeof parameters>, 'limit' | 'cursor'>): string {
  return [status ? BY_STATUS[status] : ANY_TYPE, ...filterConditions(filter)].join(' AND ');
}

/** Visibility lists runs. An event is its latest run: an earlier one, which was run again, is left out. */
async function toItem(temporal: Temporal, raw: ListedExecution): Promise<EventItem | undefined> {
  const workflow_id = raw.execution?.workflowId ?? '';
  const run_id = raw.execution?.runId ?? '';
  const id = parseWorkflowId(workflow_id);
  if (id === undefined) return undefined;
  const status = toEventStatus({ type: raw.type?.name ?? '', status: statusName(raw) });
  if (status === 'failed' || status === 'canceled') {
    const latest = await findLatestRun(temporal, workflow_id);
    if (latest?.runId !== run_id) return undefined;
  }
  return {
    source: id.source,
    event_id: id.eventId,
    event_type: (searchAttribute(raw, SEARCH_ATTRIBUTES.eventType.name) as string | undefined) ?? null,
    status,
    received_at: toTime(raw.startTime) as string,
    closed_at: toTime(raw.closeTime),
    workflow_id,
    run_id,
  };
}
