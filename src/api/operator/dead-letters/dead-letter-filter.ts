// The filter of dead letters: in the query of a list, and in the body that starts a job.
import { z } from 'zod';
import { filterParameters, SEARCHABLE } from '../list-parameters.ts';

const code = z
  .string()
  .regex(/^[ -~]{1,255}$/, 'expected visible ASCII')
  .regex(SEARCHABLE, 'Temporal cannot look for backslashes, double quotes, and quotes at an end');

export const deadLetterFilter = { ...filterParameters, step: code.optional(), error: code.optional() };
