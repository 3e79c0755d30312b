// Temporal's visibility: how its queries and its rows are written.
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import type { JobFilter } from '../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { Temporal } from './connection.ts';

export type ListedExecution = NonNullable<
  Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>['executions']
>[number];

export interface PageRequest {
  query: string;
  /** At most so many rows. */
  limit: number;
  /** Of the page before; undefined for the first. */
  pageToken?: Uint8Array | undefined;
}

export interface VisibilityPage {
  rows: ListedExecution[];
  /** undefined: this page is the last. */
  nextPageToken: Uint8Array | undefined;
}

/** One page of the runs that a visibility query finds. */
export async function listPage(
  { client, namespace }: Pick<Temporal, 'client' | 'namespace'>,
  { query, limit, pageToken }: PageRequest,
): Promise<VisibilityPage> {
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace,
    query,
    pageSize: limit,
    ...(pageToken ? { nextPageToken: pageToken } : {}),
  });
  // The server writes the token of the last page as no bytes.
  return { rows: executions ?? [], nextPageToken: nextPageToken?.length ? nextPageToken : undefined };
}

/** A string of a visibility query. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** What lists of events and of dead letters have in common. */
type Filter = Pick<JobFilter, 'source' | 'type' | 'since' | 'until'>;

/**
 * Temporal adds `TemporalNamespaceDivision IS NULL` to every query that does not name it, and SQLite then reads each row,
 * or even takes the index of that column, in which all rows are alike. This names it, and is true before it is looked at.
 */
export const ANY_DIVISION = "(StartTime > '1970-01-01T00:00:00Z' OR TemporalNamespaceDivision IS NULL)";

/** The conditions of a visibility query that it becomes. */
export function filterConditions({ source, type, since, until }: Filter): string[] {
  const parts: string[] = [];
  if (source !== undefined) parts.push(`${SEARCH_ATTRIBUTES.source.name} = ${quote(source)}`);
  if (type !== undefined) parts.push(`${SEARCH_ATTRIBUTES.eventType.name} = ${quote(type)}`);
  if (since !== undefined) parts.push(`StartTime >= '${since}'`);
  if (until !== undefined) parts.push(`StartTime < '${until}'`);
  return parts;
}

/** temporal.api.enums.v1.WorkflowExecutionStatus, by number. */
const STATUS_NAMES: readonly WorkflowExecutionStatusName[] = [
  'UNSPECIFIED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
];

export function statusName({ status }: ListedExecution): WorkflowExecutionStatusName {
  return STATUS_NAMES[status ?? 0] ?? 'UNKNOWN';
}

/** Search attributes are JSON in clear: a keyword, or a list of them. */
export function searchAttribute({ searchAttributes }: ListedExecution, name: string): unknown {
  const data = searchAttributes?.indexedFields?.[name]?.data;
  return data?.length ? JSON.parse(Buffer.from(data).toString()) : undefined;
}

/** null for a run of a workflow that is no event's. */
export function eventTypeOf(row: ListedExecution): string | null {
  return (searchAttribute(row, SEARCH_ATTRIBUTES.eventType.name) as string | undefined) ?? null;
}

export function toTime(timestamp: ListedExecution['startTime']): string | null {
  if (!timestamp) return null;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + (timestamp.nanos ?? 0) / 1e6).toISOString();
}
