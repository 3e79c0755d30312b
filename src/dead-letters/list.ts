// Lists the open dead letters in Temporal's visibility, and compares each with the latest run of its event.
import {
  CLOSE_SIGNAL,
  type CloseDeadLetter,
  type DeadLetterMemo,
  type Expiry,
  type StepFailure,
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
  /** Codes such as `http_500`. */
  errors: string[];
  failed_at: string;
  /** This and the next three are null if the key that encrypts them is not known. */
  received_at: string | null;
  attempts: number | null;
  error: string | null;
  run_id: string | null;
  workflow_id: string;
  /** When Temporal deletes the failed run; null if that is not known (yet). */
  expires_at: string | null;
  /** Whether the alert routes have been warned of `expires_at`. */
  expires_soon: boolean;
}

export interface DeadLetterPage {
  items: DeadLetterItem[];
  nextPageToken: Uint8Array | undefined;
  /** How many are left out: their runs fail at once, or half a minute after a worker was lost just then. */
  failing: number;
}

/** @param conditions conditions of a visibility query, on the search attributes and times of dead letters */
export async function listDeadLetters(
  temporal: Temporal,
  conditions: string[],
  { limit, pageToken }: Omit<PageRequest, 'query'>,
): Promise<DeadLetterPage> {
  const { open, nextPageToken } = await readOpenDeadLetters(temporal, conditions, { limit, pageToken });
  const states = await Promise.all(open.map((deadLetter) => judge(temporal, deadLetter)));
  return {
    items: open.filter((_, i) => states[i] === 'dead').map(({ item }) => item),
    failing: states.filter((state) => state === 'failing').length,
    nextPageToken,
  };
}

export interface OpenDeadLetter {
  item: DeadLetterItem;
  deadLetterRunId: string;
  /** undefined if an older build has opened the dead letter, or the key of its memo is not known. */
  failures: StepFailure[] | undefined;
}

/** Reads a page of dead letters as `countDeadLetters` counts them: none is compared with its event. */
export async function readOpenDeadLetters(
  temporal: Temporal,
  conditions: string[],
  page: Omit<PageRequest, 'query'>,
): Promise<{ open: OpenDeadLetter[]; nextPageToken: Uint8Array | undefined }> {
  const { rows, nextPageToken } = await listPage(temporal, { query: openDeadLetters(conditions), ...page });
  const found = await Promise.all(rows.map((row) => readDeadLetter(temporal, row)));
  return { open: found.filter((deadLetter) => deadLetter !== undefined), nextPageToken };
}

async function readDeadLetter(temporal: Temporal, row: ListedExecution): Promise<OpenDeadLetter | undefined> {
  const workflow_id = eventOfDeadLetter(row.execution?.workflowId ?? '') ?? '';
  const id = parseWorkflowId(workflow_id);
  if (id === undefined) return undefined;
  const memo = await readMemo<DeadLetterMemo & Expiry>(temporal, row);
  const list = (name: string) => [searchAttribute(row, name) ?? []].flat() as string[];
  const item: DeadLetterItem = {
    source: id.source,
    event_id: memo.event_id ?? id.eventId,
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
  return { item, deadLetterRunId: row.execution?.runId ?? '', failures: memo.failures };
}

/** Reads the expiry from the memo of a dead letter's workflow. */
export function toExpiry({ expires_at = null, warns_at }: Partial<Record<keyof Expiry, string | null>>) {
  return { expires_at, expires_soon: warns_at ? Date.parse(warns_at) <= Date.now() : false };
}

type DeadLetterState = 'dead' | 'failing' | 'gone';

/**
 * The run that follows closes a dead letter. A dead letter whose event was deleted by hand, or whose next run
 * was terminated before any worker saw it, stays open: this function closes it. The latest run is looked up
 * by its workflow id, since visibility is behind.
 */
async function judge(
  temporal: Temporal,
  { item, deadLetterRunId }: OpenDeadLetter,
): Promise<DeadLetterState> {
  const latest = await findLatestRun(temporal, item.workflow_id);
  if (latest && toEventStatus(latest) === 'failed') return 'dead';
  const isRunning = latest?.status === 'RUNNING' || latest?.status === 'PAUSED';
  if (isRunning && latest.runId === item.run_id) return 'failing';
  // A running run closes the dead letter itself, with the reason.
  if (!isRunning) await close(temporal, item.workflow_id, deadLetterRunId);
  return 'gone';
}

async function close({ client }: Temporal, workflowId: string, deadLetterRunId: string): Promise<void> {
  const reason: CloseDeadLetter = { how: 'gone' };
  const handle = client.workflow.getHandle(deadLetterIdOf(workflowId), deadLetterRunId);
  await handle.signal(CLOSE_SIGNAL, reason).catch(() => undefined); // closed by now, or left to the next list
}
