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

/** The query of all open dead letters: each is a running workflow. */
export function openDeadLetters(conditions: string[]): string {
  return [`WorkflowType = '${DEAD_LETTER}'`, "ExecutionStatus = 'Running'", ...conditions].join(' AND ');
}
