// Turns a filter of dead letters into the conditions of a visibility query.
import { DEAD_LETTER } from '../contracts/dead-letter.ts';
import type { JobFilter } from '../contracts/job.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { filterConditions, quote } from '../temporal/visibility.ts';

export function toConditions({ step, error, ...rest }: JobFilter): string[] {
  const parts = filterConditions(rest);
  if (step !== undefined) parts.push(`${SEARCH_ATTRIBUTES.failedStep.name} = ${quote(step)}`);
  if (error !== undefined) parts.push(`${SEARCH_ATTRIBUTES.error.name} = ${quote(error)}`);
  return parts;
}

const RUNNING = "ExecutionStatus = 'Running'";

/**
 * The query of all open dead letters: each is a running workflow, of Surehook's division unless an older build has opened
 * it. The condition that names the division is true for all of them: PostgreSQL sees that, and needs no column for it.
 */
export function openDeadLetters(conditions: string[]): string {
  const anyDivision = `(${RUNNING} OR TemporalNamespaceDivision IS NULL)`;
  return [`WorkflowType = '${DEAD_LETTER}'`, RUNNING, anyDivision, ...conditions].join(' AND ');
}
