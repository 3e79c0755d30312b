// One attempt of a step as every API shows it.
import { z } from 'zod';
import type { Attempt } from '../../contracts/event.ts';

export const attemptView = z
  .object({
    attempt: z.int().describe('1 for the first attempt'),
    at: z.string(),
    duration_ms: z.int(),
    running: z.literal(true).optional(),
    status_code: z.int().optional(),
    error: z.string().optional().describe('a code, such as `timeout`'),
    message: z.string().optional(),
    stack: z.string().optional(),
    response_excerpt: z.string().optional(),
    next_attempt_at: z.string().optional(),
  })
  .meta({ id: 'Attempt' }) satisfies z.ZodType<Attempt>;
