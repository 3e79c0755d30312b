// The fields that requests to replay or discard share, for one dead letter or many.
import { z } from 'zod';

/** Room for every field but a payload. */
export const ACTION_BODY_MAX_BYTES = 100_000;

const REASON_MAX_LENGTH = 1_000;
const REASON = `expected a text of 1 to ${REASON_MAX_LENGTH} characters`;

export const reasonField = z
  .string(REASON)
  .trim()
  .min(1, REASON)
  .max(REASON_MAX_LENGTH, REASON)
  .describe('the reason, which is kept with the event');

export const fromField = z
  .enum(['failed_step', 'start'], { error: "expected 'failed_step' or 'start'" })
  .describe('`failed_step`: steps that had succeeded are not repeated')
  .default('failed_step');
