// Lists agent tasks from Temporal's visibility, without reading any of them.
import { parseWorkflowId } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { RUN_AGENT_TASK, type TaskStatus } from '../contracts/task.ts';
import type { Temporal } from '../temporal/connection.ts';
import {
  eventTypeOf,
  filterConditions,
  type ListedExecution,
  listPage,
  quote,
  searchAttribute,
  statusName,
  toTime,
} from '../temporal/visibility.ts';

export interface TaskItem {
  taskId: string;
  type: string;
  client: string;
  status: TaskStatus;
  statusAt: string;
  createdAt: string;
  /** When the workflow closed; null while it runs. */
  closedAt: string | null;
}

export interface TaskFilter {
  /** undefined for an operator. */
  client?: string | undefined;
  type?: string | undefined;
  status?: TaskStatus | undefined;
  /** RFC 3339 UTC: made at or after `since`, and before `until`. */
  since?: string | undefined;
  until?: string | undefined;
}

export async function listTasks(
  temporal: Temporal,
  { limit, pageToken, ...filter }: TaskFilter & { limit: number; pageToken?: Uint8Array | undefined },
): Promise<{ items: TaskItem[]; nextPageToken: Uint8Array | undefined }> {
  const { rows, nextPageToken } = await listPage(temporal, { query: queryOf(filter), limit, pageToken });
  return { items: rows.flatMap(toItem), nextPageToken };
}

export async function countTasks(
  { client, namespace }: Pick<Temporal, 'client' | 'namespace'>,
  filter: TaskFilter & { isRunning?: boolean },
): Promise<number> {
  const running = filter.isRunning ? " AND ExecutionStatus = 'Running'" : '';
  const query = queryOf(filter) + running;
  const { count } = await client.workflowService.countWorkflowExecutions({ namespace, query });
  return Number(count ?? 0);
}

export function queryOf({ client, type, status, ...times }: TaskFilter): string {
  const parts = [`WorkflowType = '${RUN_AGENT_TASK}'`];
  if (client !== undefined) parts.push(`${SEARCH_ATTRIBUTES.client.name} = ${quote(client)}`);
  if (type !== undefined) parts.push(`${SEARCH_ATTRIBUTES.eventType.name} = ${quote(type)}`);
  if (status !== undefined) parts.push(`${SEARCH_ATTRIBUTES.taskStatus.name} = ${quote(status)}`);
  return [...parts, ...filterConditions(times)].join(' AND ');
}

export function toItem(row: ListedExecution): TaskItem[] {
  const id = parseWorkflowId(row.execution?.workflowId ?? '');
  const client = searchAttribute(row, SEARCH_ATTRIBUTES.client.name) as string | undefined;
  if (id === undefined || client === undefined) return [];
  const createdAt = toTime(row.startTime) ?? '';
  const statusAt = searchAttribute(row, SEARCH_ATTRIBUTES.taskStatusAt.name) as string | undefined;
  return [
    {
      taskId: id.eventId,
      type: eventTypeOf(row) ?? '',
      client,
      status: statusOfRow(row),
      statusAt: statusAt === undefined ? createdAt : new Date(statusAt).toISOString(),
      createdAt,
      closedAt: toTime(row.closeTime),
    },
  ];
}

/** A workflow that somebody has terminated could not write its status any more. */
function statusOfRow(row: ListedExecution): TaskStatus {
  const run = statusName(row);
  if (run === 'TERMINATED' || run === 'CANCELLED') return 'canceled';
  if (run === 'FAILED' || run === 'TIMED_OUT') return 'error';
  return searchAttribute(row, SEARCH_ATTRIBUTES.taskStatus.name) as TaskStatus;
}
