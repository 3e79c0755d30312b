// Writes queries of Temporal's visibility, and reads its rows.
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import type { JobFilter } from '../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { Temporal } from './connection.ts';

export type ListedExecution = NonNullable<
  Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>['executions']
>[number];

export interface PageRequest {
  query: string;
  /** The largest number of rows. */
  limit: number;
  /** The token from the page before; undefined for the first page. */
  pageToken?: Uint8Array | undefined;
}

export interface VisibilityPage {
  rows: ListedExecution[];
  /** undefined if this page is the last one. */
  nextPageToken: Uint8Array | undefined;
}

/** Reads one page of the runs that a visibility query finds. */
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
  // The token of the last page has no bytes.
  return { rows: executions ?? [], nextPageToken: nextPageToken?.length ? nextPageToken : undefined };
}

/** Quotes a string for a visibility query. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** The filters that lists of events and of dead letters have in common. */
type Filter = Pick<JobFilter, 'source' | 'type' | 'since' | 'until'>;

/**
 * Temporal adds `TemporalNamespaceDivision IS NULL` to every query that does not name it, and SQLite then reads each row,
 * or even takes the index of that column, in which all rows are alike. This condition names the column, and is true
 * before SQLite looks at the column. So it finds the workflows of Surehook's own division, too, and those of older builds,
 * which have none.
 */
export const ANY_DIVISION = "(StartTime > '1970-01-01T00:00:00Z' OR TemporalNamespaceDivision IS NULL)";

/** Turns a filter into conditions of a visibility query. */
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

/** Search attributes are JSON in clear: a keyword, or a list of keywords. */
export function searchAttribute({ searchAttributes }: ListedExecution, name: string): unknown {
  const data = searchAttributes?.indexedFields?.[name]?.data;
  return data?.length ? JSON.parse(Buffer.from(data).toString()) : undefined;
}

/** null if the row has no event type. */
export function eventTypeOf(row: ListedExecution): string | null {
  return (searchAttribute(row, SEARCH_ATTRIBUTES.eventType.name) as string | undefined) ?? null;
}

export function toTime(timestamp: ListedExecution['startTime']): string | null {
  if (!timestamp) return null;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + (timestamp.nanos ?? 0) / 1e6).toISOString();
}
