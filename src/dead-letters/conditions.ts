// The conditions of a visibility query that a filter of dead letters becomes.
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

/** A workflow that runs stands for each. */
export function openDeadLetters(conditions: string[]): string {
  return [`WorkflowType = '${DEAD_LETTER}'`, "ExecutionStatus = 'Running'", ...conditions].join(' AND ');
}
