// The filter of dead letters: in the query of a list, and in the body that starts a job.
import { z } from 'zod';
import type { JobFilter } from '../jobs.ts';
import { SEARCH_ATTRIBUTES } from '../messages.ts';
import { quote } from '../temporal/visibility.ts';
import { filterConditions, filterParameters, SEARCHABLE } from './list-parameters.ts';

const code = z
  .string()
  .regex(/^[ -~]{1,255}$/, 'expected visible ASCII')
  .regex(SEARCHABLE, 'Temporal cannot look for backslashes, double quotes, and quotes at an end');

export const deadLetterFilter = { ...filterParameters, step: code.optional(), error: code.optional() };

export function toConditions({ step, error, ...rest }: JobFilter): string[] {
  const parts = filterConditions(rest);
  if (step !== undefined) parts.push(`${SEARCH_ATTRIBUTES.failedStep.name} = ${quote(step)}`);
  if (error !== undefined) parts.push(`${SEARCH_ATTRIBUTES.error.name} = ${quote(error)}`);
  return parts;
}
