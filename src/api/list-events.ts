// The list of events, from Temporal's visibility store.
import { createHash } from 'node:crypto';
import type { Client, WorkflowExecutionStatusName } from '@temporalio/client';
import { z } from 'zod';
import { parseWorkflowId, SOURCE_NAME } from '../ids.ts';
import { PROCESS_EVENT, SEARCH_ATTRIBUTES } from '../messages.ts';
import { HttpError } from './errors.ts';
import { EVENT_TYPE } from './event-fields.ts';
import { type EventStatus, quote, toEventStatus } from './event-view.ts';

/** Visibility does not know how far a running event is: `delivering` and `processing` list the same. */
const EXECUTION_STATUS: Partial<Record<EventStatus, string>> = {
  processing: "ExecutionStatus = 'Running'",
  delivering: "ExecutionStatus = 'Running'",
  processed: "ExecutionStatus = 'Completed'",
  failed: "ExecutionStatus IN ('Failed', 'TimedOut')",
  canceled: "ExecutionStatus IN ('Canceled', 'Terminated')",
};

const time = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T12:00:00Z' });

/** Measured on server 1.29, which takes the string of a query with its escapes, and all quotes at its ends off. */
const SEARCHABLE = /^(?!')[^"\\]*(?<!')$/;
const LIMIT = 'expected a whole number from 1 to 200';
const CURSOR = 'expected the next_cursor of the page before';

const parameters = z.strictObject({
  source: z.string().regex(SOURCE_NAME, 'expected a source name').optional(),
  type: z
    .string()
    .regex(EVENT_TYPE, 'expected at most 200 visible ASCII characters')
    .regex(SEARCHABLE, 'Temporal cannot look for backslashes, double quotes, and quotes at an end')
    .optional(),
  status: z
    .enum(Object.keys(EXECUTION_STATUS) as [EventStatus, ...EventStatus[]], {
      error: `expected one of ${Object.keys(EXECUTION_STATUS).join(', ')}`,
    })
    .optional(),
  since: time.optional(),
  until: time.optional(),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(200, LIMIT).default(50),
  cursor: z.base64url(CURSOR).transform(toPageToken).optional(),
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
export async function listEvents(client: Client, namespace: string, query: unknown) {
  const { limit, cursor, ...filter } = parse(query);
  const page = await client.workflowService.listWorkflowExecutions({
    namespace,
    pageSize: limit,
    query: toQuery(filter),
    nextPageToken: cursor,
  });
  const runs = await Promise.all((page.executions ?? []).map((execution) => toItem(client, execution)));
  const next_cursor = page.nextPageToken?.length ? toCursor(page.nextPageToken) : null;
  return { items: runs.filter((run) => run !== undefined), next_cursor };
}

/** Temporal tries a token that it cannot read again and again, for seconds: a checksum finds it here. */
function toCursor(token: Uint8Array): string {
  return Buffer.concat([checksum(token), token]).toString('base64url');
}

function toPageToken(cursor: string, context: z.RefinementCtx): Uint8Array {
  const bytes = Buffer.from(cursor, 'base64url');
  const token = bytes.subarray(CHECKSUM_BYTES);
  if (bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(token))) return token;
  context.addIssue({ code: 'custom', message: CURSOR });
  return z.NEVER;
}

const CHECKSUM_BYTES = 4;

function checksum(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest().subarray(0, CHECKSUM_BYTES);
}

function parse(query: unknown): z.output<typeof parameters> {
  const parsed = parameters.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0]);
  const fault = issue?.code === 'unrecognized_keys' ? 'there is no such parameter' : issue?.message;
  throw new HttpError('invalid_parameter', `${name}: ${fault}`);
}

function toQuery({
  source,
  type,
  status,
  since,
  until,
}: Omit<z.output<typeof parameters>, 'limit' | 'cursor'>): string {
  const parts = [`WorkflowType = '${PROCESS_EVENT}'`];
  if (source !== undefined) parts.push(`${SEARCH_ATTRIBUTES.source.name} = ${quote(source)}`);
  if (type !== undefined) parts.push(`${SEARCH_ATTRIBUTES.eventType.name} = ${quote(type)}`);
  if (status !== undefined) parts.push(EXECUTION_STATUS[status] as string);
  if (since !== undefined) parts.push(`StartTime >= '${since}'`);
  if (until !== undefined) parts.push(`StartTime < '${until}'`);
  return parts.join(' AND ');
}

type ListedExecution = NonNullable<
  Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>['executions']
>[number];

/** Visibility lists runs. An event is its latest run: an earlier one, which was run again, is left out. */
async function toItem(client: Client, raw: ListedExecution): Promise<EventItem | undefined> {
  const workflow_id = raw.execution?.workflowId ?? '';
  const run_id = raw.execution?.runId ?? '';
  const id = parseWorkflowId(workflow_id);
  if (id === undefined) return undefined;
  const status = toEventStatus(STATUS_NAMES[raw.status ?? 0] ?? 'UNKNOWN');
  if ((status === 'failed' || status === 'canceled') && !(await isLatest(client, workflow_id, run_id)))
    return undefined;
  const type = raw.searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.eventType.name]?.data;
  return {
    source: id.source,
    event_id: id.eventId,
    event_type: type ? JSON.parse(Buffer.from(type).toString()) : null,
    status,
    received_at: toTime(raw.startTime) as string,
    closed_at: toTime(raw.closeTime),
    workflow_id,
    run_id,
  };
}

async function isLatest(client: Client, workflowId: string, runId: string): Promise<boolean> {
  return (await client.workflow.getHandle(workflowId).describe()).runId === runId;
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

function toTime(timestamp: ListedExecution['startTime']): string | null {
  if (!timestamp) return null;
  return new Date(Number(timestamp.seconds ?? 0) * 1_000 + (timestamp.nanos ?? 0) / 1e6).toISOString();
}
