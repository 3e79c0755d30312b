// The parameters that lists share: their rules, and the cursor for the next page.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EVENT_TYPE, SOURCE_NAME } from '../../contracts/ids.ts';
import { EVENT_TYPE_MAX_LENGTH, KEYWORD_MAX_LENGTH, PAGE_MAX } from '../../contracts/limits.ts';
import { parseTime, TIME_EXPECTED } from '../../contracts/parse-time.ts';

const time = z.string(TIME_EXPECTED).transform((text, context): string => {
  const time = parseTime(text);
  if (time !== undefined) return time;
  context.addIssue({ code: 'custom', message: TIME_EXPECTED });
  return z.NEVER;
});

/** Measured on server 1.29: the server decodes the escapes of a string in a query, and drops all quotes at its ends. */
const SEARCHABLE = /^(?!')[^"\\]*(?<!')$/;
const NOT_SEARCHABLE = 'Temporal cannot search for a backslash, a double quote, or a quote at either end';
const LIMIT = `expected a whole number from 1 to ${PAGE_MAX}`;
const CURSOR = 'expected the next_cursor of the page before';

/** A code or a step, as dead letters carry them in their search attributes. */
const code = z
  .string()
  .regex(/^[ -~]+$/, 'expected visible ASCII')
  .max(KEYWORD_MAX_LENGTH, `expected at most ${KEYWORD_MAX_LENGTH} characters`)
  .regex(SEARCHABLE, NOT_SEARCHABLE);

/** Filters of lists of events and of dead letters. */
export const filterParameters = {
  source: z
    .string()
    .regex(SOURCE_NAME, 'expected a source name')
    .describe('only items of this source')
    .optional(),
  type: z
    .string()
    .regex(EVENT_TYPE, `expected at most ${EVENT_TYPE_MAX_LENGTH} visible ASCII characters`)
    .regex(SEARCHABLE, NOT_SEARCHABLE)
    .describe('only items of exactly this event type')
    .optional(),
  since: time.describe('at or after this time: RFC 3339, or an age such as `1d`').optional(),
  until: time.describe('before this time, written as `since`').optional(),
};

/** The filter of dead letters: the query of a list, and the body that starts a job. */
export const deadLetterFilter = {
  ...filterParameters,
  step: code.describe('failed at this step: `handler`, or `deliver:<endpoint>`').optional(),
  error: code.describe('failed with this code, such as `http_500`').optional(),
};

export const pageParameters = {
  limit: z.coerce
    .number(LIMIT)
    .int(LIMIT)
    .min(1, LIMIT)
    .max(PAGE_MAX, LIMIT)
    .describe('the largest number of items on a page')
    .default(50),
  cursor: z.base64url(CURSOR).transform(toPageToken).describe('`next_cursor` of the page before').optional(),
};

/** One page of a list. */
export function pageOf<V extends z.ZodType>(item: V) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('null on the last page'),
  });
}

/** Adds a checksum, which finds a damaged cursor here: Temporal would retry a token that it cannot read for seconds. */
export function toCursor(token: Uint8Array | undefined): string | null {
  return token ? Buffer.concat([checksum(token), token]).toString('base64url') : null;
}

function toPageToken(cursor: string, context: z.RefinementCtx): Uint8Array {
  const bytes = Buffer.from(cursor, 'base64url');
  const token = bytes.subarray(CHECKSUM_BYTES);
  if (bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(token))) return token;
  context.addIssue({ code: 'custom', message: CURSOR });
  return z.NEVER;
}

const CHECKSUM_BYTES = 4;

function checksum(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest().subarray(0, CHECKSUM_BYTES);
}
