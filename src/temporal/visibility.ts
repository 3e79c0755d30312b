// Temporal's visibility: how its queries and its rows are written.
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';

export type ListedExecution = NonNullable<
  Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>['executions']
>[number];

/** A string of a visibility query. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
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
];

export function statusName({ status }: ListedExecution): WorkflowExecutionStatusName {
  return STATUS_NAMES[status ?? 0] ?? 'UNKNOWN';
}

/** Search attributes are JSON in clear: a keyword, or a list of them. */
export function searchAttribute({ searchAttributes }: ListedExecution, name: string): unknown {
  const data = searchAttributes?.indexedFields?.[name]?.data;
  return data?.length ? JSON.parse(Buffer.from(data).toString()) : undefined;
}

export function toTime(timestamp: ListedExecution['startTime']): string | null {
  if (!timestamp) return null;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + (timestamp.nanos ?? 0) / 1e6).toISOString();
}
