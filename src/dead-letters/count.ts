// Counts open dead letters.
import type { CountDeadLetters } from '../contracts/alert.ts';
import type { JobFilter } from '../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { Temporal } from '../temporal/connection.ts';
import { GRPC, grpcCodeOf, isUnavailable } from '../temporal/grpc-code.ts';
import { inTime } from '../temporal/in-time.ts';
import { ANY_DIVISION, quote } from '../temporal/visibility.ts';
import { openDeadLetters, toConditions } from './conditions.ts';

const MARK = SEARCH_ATTRIBUTES.deadLetter.name;
const COUNTED_WITHIN_MS = 5_000;
/** A mark is rarely wrong: only if a run was ended by hand, or by a worker whose build has no marks. */
const CHECK_AGAIN_MS = 10_000;

export async function countDeadLetters(temporal: Temporal, filter: JobFilter): Promise<number> {
  // A filter by type would read a row per mark after all, in an order that costs more than the status's.
  const byMark = filter.type === undefined && (await isTheMarkEnough(temporal));
  return await count(temporal, byMark ? marked(filter) : openDeadLetters(toConditions(filter)));
}

/** Counts for an alert, which goes without the number rather than late. Rejects after 5 s. */
export function createCountBySource(temporal: Temporal): CountDeadLetters {
  return async (source) => {
    const counting = countDeadLetters(temporal, { source });
    return await inTime(COUNTED_WITHIN_MS, counting, 'Temporal did not count the dead letters');
  };
}

/** Reads only the index of the marks, whose entries cost SQLite a tenth of the rows of type and status. */
function marked({ source, ...rest }: JobFilter): string {
  const mark = source === undefined ? `${MARK} IS NOT NULL` : `${MARK} = ${quote(source)}`;
  return [mark, ANY_DIVISION, ...toConditions(rest)].join(' AND ');
}

interface MarkCheck {
  isEnough: Promise<boolean>;
  until: number;
}

const checks = new WeakMap<Temporal, MarkCheck>();

/** Whether exactly the open dead letters have the mark, on a store where a count by mark is faster. */
async function isTheMarkEnough(temporal: Temporal): Promise<boolean> {
  const former = checks.get(temporal);
  if (former && performance.now() < former.until) return await former.isEnough;
  const check = { isEnough: checkMarks(temporal), until: performance.now() + CHECK_AGAIN_MS };
  checks.set(temporal, check);
  check.isEnough.catch(() => checks.delete(temporal));
  return await check.isEnough;
}

async function checkMarks(temporal: Temporal): Promise<boolean> {
  // PostgreSQL counts faster by type and status, for which Surehook adds an index (docs/decisions/0024).
  if (!(await isOnSqlite(temporal))) return false;
  const exceptions = [
    openDeadLetters([`${MARK} IS NULL`]), // opened by a build without marks
    `${MARK} IS NOT NULL AND ExecutionStatus != 'Running' AND ${ANY_DIVISION}`, // terminated by hand, or closed by such a build
  ];
  try {
    const counts = await Promise.all(exceptions.map((query) => count(temporal, query)));
    return counts.every((found) => found === 0);
  } catch (error) {
    // A server to which the attribute was just added knows it a second or two later.
    if (grpcCodeOf(error) === GRPC.INVALID_ARGUMENT) return false;
    throw error;
  }
}

/** A server that does not name its store, as Temporal Cloud may not, is not on SQLite. */
async function isOnSqlite({ connection }: Temporal): Promise<boolean> {
  try {
    return (await connection.workflowService.getClusterInfo({})).visibilityStore === 'sqlite';
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return false;
  }
}

async function count({ client }: Temporal, query: string): Promise<number> {
  return (await client.workflow.count(query)).count;
}
