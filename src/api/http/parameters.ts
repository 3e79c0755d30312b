// The parameters that lists share: their rules, and the cursor for the next page.
import { z } from 'zod';
import { isEventType } from '../../contracts/event-type.ts';
import { SOURCE_NAME } from '../../contracts/ids.ts';
import { EVENT_TYPE_MAX_LENGTH, KEYWORD_MAX_LENGTH, PAGE_MAX } from '../../contracts/limits.ts';
import { parseTime, TIME_EXPECTED } from '../../contracts/parse-time.ts';
import type { EncryptionCodec } from '../../payloads/encryption-codec.ts';
import { SIGNATURE_BYTES } from '../../payloads/seal.ts';
import { HttpError } from './errors.ts';

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
    .refine(isEventType, {
      error: `expected at most ${EVENT_TYPE_MAX_LENGTH} characters, and none that controls a terminal`,
    })
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
  cursor: z.base64url(CURSOR).describe('`next_cursor` of the page before').optional(),
};

/** One page of a list. */
export function pageOf<V extends z.ZodType>(item: V) {
  return z.object({
    items: z.array(item),
    next_cursor: z.string().nullable().describe('null on the last page'),
  });
}

type Signer = Pick<EncryptionCodec, 'sign' | 'isSigned'>;

/**
 * Signs Temporal's token: Temporal answers one that it has not made with an error of its own, or tries for seconds to read
 * it. Every API with the encryption key takes the cursor.
 */
export function toCursor(signer: Signer, token: Uint8Array | undefined): string | null {
  return token ? Buffer.concat([signer.sign(token), token]).toString('base64url') : null;
}

/** @throws HttpError `invalid_parameter` for a cursor that no API has made */
export function toPageToken(signer: Signer, cursor: string | undefined): Uint8Array | undefined {
  if (cursor === undefined) return undefined;
  const bytes = Buffer.from(cursor, 'base64url');
  const token = bytes.subarray(SIGNATURE_BYTES);
  if (signer.isSigned(token, bytes.subarray(0, SIGNATURE_BYTES))) return token;
  throw new HttpError('invalid_parameter', `cursor: ${CURSOR}`);
}
