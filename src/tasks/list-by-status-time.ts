// Lists tasks by the time of their status, the latest first. Temporal's SQL stores sort by start alone, so windows of time are read whole.
import { workflowIdOf } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { TASK_SOURCE, type TaskStatus } from '../contracts/task.ts';
import type { Temporal } from '../temporal/connection.ts';
import { type ListedExecution, listPage, quote } from '../temporal/visibility.ts';
import { queryOf, type TaskItem, toItem } from './list-tasks.ts';
import { contextDigest } from './start-task.ts';

export interface StatusTimeFilter {
  client: string;
  contextId?: string | undefined;
  /** One of these; undefined: any. */
  statuses?: readonly TaskStatus[] | undefined;
  /** RFC 3339: at or after it. */
  from?: string | undefined;
}

/** The task that a page has ended with. */
export interface StatusTimeCursor {
  statusAt: string;
  taskId: string;
}

export interface TaskItemOfContext extends TaskItem {
  contextId: string;
}

/** Rows that are read for one page at the most, unless more tasks changed within a millisecond. */
const WINDOW_MAX = 400;
/** The first window, and how it grows: a client with a task a second gets its page by the second look. */
const WINDOW_MS = 60_000;
const GROWTH = 16;
/** Rows of one answer of Temporal, which takes no more. */
const ROWS_MAX = 1_000;

export async function listByStatusTime(
  temporal: Temporal,
  filter: StatusTimeFilter,
  { limit, after }: { limit: number; after?: StatusTimeCursor | undefined },
): Promise<{ items: TaskItemOfContext[]; next: StatusTimeCursor | undefined }> {
  const until = after?.statusAt ?? new Date(Date.now() + WINDOW_MS).toISOString();
  const from = await findWindow(temporal, filter, until, limit);
  const rows = await readWindow(temporal, conditionsOf(filter, from, until));
  const items = rows
    .flatMap((row) => toItem(row).map((item) => ({ item, row })))
    .filter(({ item }) => after === undefined || isLater(after, item))
    .sort((a, b) => (isLater(a.item, b.item) ? -1 : 1));
  const page = items.slice(0, limit);
  const last = page.at(-1)?.item;
  const hasMore = items.length > limit || from !== undefined;
  return {
    items: await Promise.all(page.map(async ({ item, row }) => await withContext(temporal, item, row))),
    next: hasMore && last ? { statusAt: last.statusAt, taskId: last.taskId } : undefined,
  };
}

export async function countByStatusTime(temporal: Temporal, filter: StatusTimeFilter): Promise<number> {
  return await count(temporal, conditionsOf(filter, undefined, undefined));
}

/** @returns the beginning of a window with more than a page, and not many more; undefined: all that is left fits */
async function findWindow(
  temporal: Temporal,
  filter: StatusTimeFilter,
  until: string,
  limit: number,
): Promise<string | undefined> {
  const countFrom = async (from: string | undefined) =>
    await count(temporal, conditionsOf(filter, from, until));
  if ((await countFrom(undefined)) <= WINDOW_MAX) return undefined;
  const before = (ms: number) => new Date(Date.parse(until) - ms).toISOString();
  let [short, long] = [0, WINDOW_MS];
  // The page must have one row more than `limit`, and the rows with the cursor's own time may be of the page before.
  while ((await countFrom(before(long))) <= 2 * limit) {
    if (long > Date.parse(until)) return undefined;
    [short, long] = [long, GROWTH * long];
  }
  while (long - short > 1 && (await countFrom(before(long))) > WINDOW_MAX) {
    const middle = Math.floor((short + long) / 2);
    if ((await countFrom(before(middle))) > 2 * limit) long = middle;
    else short = middle;
  }
  return before(long);
}

function conditionsOf(
  { client, contextId, statuses, from }: StatusTimeFilter,
  windowFrom: string | undefined,
  windowUntil: string | undefined,
): string {
  const { taskContext, taskStatus, taskStatusAt } = SEARCH_ATTRIBUTES;
  const parts = [queryOf({ client })];
  if (contextId !== undefined) parts.push(`${taskContext.name} = ${quote(contextDigest(client, contextId))}`);
  if (statuses) parts.push(`${taskStatus.name} IN (${statuses.map(quote).join(', ')})`);
  for (const time of [from, windowFrom]) if (time) parts.push(`${taskStatusAt.name} >= '${time}'`);
  if (windowUntil) parts.push(`${taskStatusAt.name} <= '${windowUntil}'`);
  return parts.join(' AND ');
}

async function count({ client, namespace }: Temporal, query: string): Promise<number> {
  const { count } = await client.workflowService.countWorkflowExecutions({ namespace, query });
  return Number(count ?? 0);
}

async function readWindow(temporal: Temporal, query: string): Promise<ListedExecution[]> {
  const rows: ListedExecution[] = [];
  let pageToken: Uint8Array | undefined;
  do {
    const page = await listPage(temporal, { query, limit: ROWS_MAX, pageToken });
    rows.push(...page.rows);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return rows;
}

/** Whether `a` stands before `b` in the list. */
function isLater(a: StatusTimeCursor, b: StatusTimeCursor): boolean {
  return a.statusAt === b.statusAt ? a.taskId > b.taskId : a.statusAt > b.statusAt;
}

async function withContext(
  temporal: Temporal,
  item: TaskItem,
  { memo }: ListedExecution,
): Promise<TaskItemOfContext> {
  const payload = memo?.fields?.context_id;
  if (!payload) return { ...item, contextId: item.taskId };
  const workflowId = workflowIdOf(TASK_SOURCE, item.taskId);
  const [contextId] = await temporal.readWhatever({ payloads: [payload] }, workflowId);
  return { ...item, contextId: typeof contextId === 'string' ? contextId : item.taskId };
}
