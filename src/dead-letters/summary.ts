// Summarises open dead letters: those that have failed alike are one group.
import type { StepFailure } from '../contracts/dead-letter.ts';
import type { Temporal } from '../temporal/connection.ts';
import { type OpenDeadLetter, readOpenDeadLetters } from './list.ts';

/** Temporal's own limit of a page. */
const PAGE_SIZE = 1_000;
/** Ten pages are read within a second or two; nobody mends more dead letters one cause at a time. */
const DEAD_LETTERS_MAX = 10_000;

/** Dead letters that failed at the same step, with the same code, and with messages that say the same. */
export interface FailureGroup {
  source: string;
  event_type: string | null;
  step: string;
  error: string;
  /** Where the messages of the group differ, in words that have a digit, stands `…`. */
  message: string | null;
  count: number;
  /** RFC 3339 UTC: when the first and the last of the group failed. */
  first: string;
  last: string;
  /** The last one. */
  example: { event_id: string; workflow_id: string; run_id: string | null };
}

export interface DeadLetterSummary {
  /** The largest group first. A dead letter is in a group for each step that has failed. */
  groups: FailureGroup[];
  /** How many dead letters were read. */
  deadLetters: number;
  /** Whether there are more, which are older and were not read. */
  isCut: boolean;
}

export async function summariseDeadLetters(
  temporal: Temporal,
  conditions: string[],
  most = DEAD_LETTERS_MAX,
): Promise<DeadLetterSummary> {
  const groups = new Map<string, FailureGroup>();
  let deadLetters = 0;
  let pageToken: Uint8Array | undefined;
  do {
    const limit = Math.min(PAGE_SIZE, most - deadLetters);
    const { open, nextPageToken } = await readOpenDeadLetters(temporal, conditions, { limit, pageToken });
    for (const one of open) add(groups, one);
    deadLetters += open.length;
    pageToken = nextPageToken;
  } while (pageToken !== undefined && deadLetters < most);
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count || b.last.localeCompare(a.last));
  return { groups: sorted, deadLetters, isCut: pageToken !== undefined };
}

function add(groups: Map<string, FailureGroup>, { item, failures = failuresOf(item) }: OpenDeadLetter): void {
  const { source, event_type, event_id, workflow_id, run_id, failed_at } = item;
  for (const { step, error, message } of failures) {
    const alike = message === null ? null : patternOf(message);
    const key = JSON.stringify([source, event_type, step, error, alike]);
    const group = groups.get(key);
    if (group === undefined) {
      const example = { event_id, workflow_id, run_id };
      const times = { first: failed_at, last: failed_at };
      groups.set(key, { source, event_type, step, error, message, count: 1, ...times, example });
      continue;
    }
    group.count += 1;
    if (group.message !== message) group.message = alike;
    if (failed_at < group.first) group.first = failed_at;
    if (failed_at > group.last)
      Object.assign(group, { last: failed_at, example: { event_id, workflow_id, run_id } });
  }
}

/** Ids, counts and times have a digit, and differ from event to event though the cause is one. */
function patternOf(message: string): string {
  return message.replaceAll(/[^\s"'`()[\]{}<>,;:=]*\d[^\s"'`()[\]{}<>,;:=]*/g, '…');
}

/** What the search attributes say of a dead letter that an older build has opened. */
function failuresOf({ failed_steps, errors }: OpenDeadLetter['item']): StepFailure[] {
  return failed_steps.map((step, i) => ({
    step: step as StepFailure['step'],
    error: errors[i] ?? errors[0] ?? 'unknown',
    message: null,
    attempts: 0,
  }));
}
