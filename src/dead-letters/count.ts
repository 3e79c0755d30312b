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
/** What the mark does not tell is rare: a dead letter ended by hand, a worker of an older build beside this one. */
const LOOK_AGAIN_MS = 10_000;

export async function countDeadLetters(temporal: Temporal, filter: JobFilter): Promise<number> {
  // With a type each entry of the index takes a row after all, and in an order that costs more than that of the status.
  const byMark = filter.type === undefined && (await isTheMarkEnough(temporal));
  return await count(temporal, byMark ? marked(filter) : openDeadLetters(toConditions(filter)));
}

/** For an alert, which goes without the number rather than late. */
export function createCountBySource(temporal: Temporal): CountDeadLetters {
  return async (source) => {
    const counting = countDeadLetters(temporal, { source });
    return await inTime(COUNTED_WITHIN_MS, counting, 'Temporal did not count the dead letters');
  };
}

/** By the index of the mark alone: an entry of it costs SQLite a tenth of a row, which type and status would need. */
function marked({ source, ...rest }: JobFilter): string {
  const mark = source === undefined ? `${MARK} IS NOT NULL` : `${MARK} = ${quote(source)}`;
  return [mark, ANY_DIVISION, ...toConditions(rest)].join(' AND ');
}

interface Look {
  isEnough: Promise<boolean>;
  until: number;
}

const looks = new WeakMap<Temporal, Look>();

/** Whether open dead letters, and no others, are marked, in a store where that pays. */
async function isTheMarkEnough(temporal: Temporal): Promise<boolean> {
  const former = looks.get(temporal);
  if (former && performance.now() < former.until) return await former.isEnough;
  const look = { isEnough: lookAtMarks(temporal), until: performance.now() + LOOK_AGAIN_MS };
  looks.set(temporal, look);
  look.isEnough.catch(() => looks.delete(temporal));
  return await look.isEnough;
}

async function lookAtMarks(temporal: Temporal): Promise<boolean> {
  // PostgreSQL does better by type and status, for which it has an index of ours (docs/decisions/0024).
  if (!(await isOnSqlite(temporal))) return false;
  const exceptions = [
    openDeadLetters([`${MARK} IS NULL`]), // opened by an older build
    `${MARK} IS NOT NULL AND ExecutionStatus != 'Running'`, // terminated by hand, or closed by an older build
  ];
  try {
    const counts = await Promise.all(exceptions.map((query) => count(temporal, query)));
    return counts.every((found) => found === 0);
  } catch (error) {
    // A server that has just been given the attribute knows it a second or two later.
    if (grpcCodeOf(error) === GRPC.INVALID_ARGUMENT) return false;
    throw error;
  }
}

/** A server that does not say, as Temporal Cloud may not, has no SQLite. */
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
