// The list of dead letters: the open ones in Temporal's visibility, each held against the latest run of its event.
import {
  CLOSE_SIGNAL,
  type CloseDeadLetter,
  type DeadLetterMemo,
  type Expiry,
} from '../contracts/dead-letter.ts';
import { deadLetterIdOf, eventOfDeadLetter, parseWorkflowId } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { toEventStatus } from '../events/event-status.ts';
import { findLatestRun } from '../events/latest-run.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readMemo } from '../temporal/read-memo.ts';
import {
  eventTypeOf,
  type ListedExecution,
  listPage,
  type PageRequest,
  searchAttribute,
  toTime,
} from '../temporal/visibility.ts';
import { openDeadLetters } from './conditions.ts';

export interface DeadLetterItem {
  source: string;
  event_id: string;
  event_type: string | null;
  failed_steps: string[];
  /** Codes. */
  errors: string[];
  failed_at: string;
  /** These four are null where the key that they are encrypted under is not known. */
  received_at: string | null;
  attempts: number | null;
  error: string | null;
  run_id: string | null;
  workflow_id: string;
  /** When Temporal deletes it; null if that is not known (yet). */
  expires_at: string | null;
  /** The alert routes have been told of that. */
  expires_soon: boolean;
}

export interface DeadLetterPage {
  items: DeadLetterItem[];
  nextPageToken: Uint8Array | undefined;
  /** Left out, since their runs are about to fail: at once, or half a minute after a worker was lost at that point. */
  failing: number;
}

/** @param conditions of a visibility query, on the search attributes and times of dead letters */
export async function listDeadLetters(
  temporal: Temporal,
  conditions: string[],
  { limit, pageToken }: Omit<PageRequest, 'query'>,
): Promise<DeadLetterPage> {
  const query = openDeadLetters(conditions);
  const { rows, nextPageToken } = await listPage(temporal, { query, limit, pageToken });
  const found = await Promise.all(rows.map((row) => readDeadLetter(temporal, row)));
  const open = found.filter((one) => one !== undefined);
  const states = await Promise.all(open.map((one) => judge(temporal, one)));
  return {
    items: open.filter((_, i) => states[i] === 'dead').map(({ item }) => item),
    failing: states.filter((state) => state === 'failing').length,
    nextPageToken,
  };
}

interface OpenDeadLetter {
  item: DeadLetterItem;
  deadLetterRunId: string;
}

async function readDeadLetter(temporal: Temporal, row: ListedExecution): Promise<OpenDeadLetter | undefined> {
  const workflow_id = eventOfDeadLetter(row.execution?.workflowId ?? '') ?? '';
  const id = parseWorkflowId(workflow_id);
  if (id === undefined) return undefined;
  const memo = await readMemo<DeadLetterMemo & Expiry>(temporal, row);
  const list = (name: string) => [searchAttribute(row, name) ?? []].flat() as string[];
  const item: DeadLetterItem = {
    source: id.source,
    event_id: id.eventId,
    event_type: eventTypeOf(row),
    failed_steps: list(SEARCH_ATTRIBUTES.failedStep.name),
    errors: list(SEARCH_ATTRIBUTES.error.name),
    failed_at: toTime(row.startTime) as string,
    received_at: memo.received_at ?? null,
    attempts: memo.attempts ?? null,
    error: memo.error ?? null,
    run_id: memo.run_id ?? null,
    workflow_id,
    ...toExpiry(memo),
  };
  return { item, deadLetterRunId: row.execution?.runId ?? '' };
}

/** @param memo of the workflow of a dead letter */
export function toExpiry({ expires_at = null, warns_at }: Partial<Record<keyof Expiry, string | null>>) {
  return { expires_at, expires_soon: warns_at ? Date.parse(warns_at) <= Date.now() : false };
}

type DeadLetterState = 'dead' | 'failing' | 'gone';

/**
 * A dead letter is closed by the run that follows. One whose event was deleted by hand, or whose next run was
 * terminated before any worker saw it, stays open: it is left out, and closed now. Each is looked up by its id:
 * visibility is behind.
 */
async function judge(
  temporal: Temporal,
  { item, deadLetterRunId }: OpenDeadLetter,
): Promise<DeadLetterState> {
  const latest = await findLatestRun(temporal, item.workflow_id);
  if (latest && toEventStatus(latest) === 'failed') return 'dead';
  const isRunning = latest?.status === 'RUNNING';
  if (isRunning && latest.runId === item.run_id) return 'failing';
  // One that runs closes the dead letter itself, with the reason.
  if (!isRunning) await close(temporal, item.workflow_id, deadLetterRunId);
  return 'gone';
}

async function close({ client }: Temporal, workflowId: string, deadLetterRunId: string): Promise<void> {
  const reason: CloseDeadLetter = { how: 'gone' };
  const handle = client.workflow.getHandle(deadLetterIdOf(workflowId), deadLetterRunId);
  await handle.signal(CLOSE_SIGNAL, reason).catch(() => undefined); // it has closed meanwhile, or the next list does it
}
