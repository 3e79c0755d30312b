// The query parameters of lists: their rules, and the cursor from page to page.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EVENT_TYPE, SOURCE_NAME } from '../../contracts/ids.ts';
import { HttpError } from '../http/errors.ts';

const time = z.iso.datetime({ offset: true, error: 'expected a time such as 2026-01-31T12:00:00Z' });

/** Measured on server 1.29, which takes the string of a query with its escapes, and all quotes at its ends off. */
export const SEARCHABLE = /^(?!')[^"\\]*(?<!')$/;
const LIMIT = 'expected a whole number from 1 to 200';
const CURSOR = 'expected the next_cursor of the page before';

export const filterParameters = {
  source: z.string().regex(SOURCE_NAME, 'expected a source name').optional(),
  type: z
    .string()
    .regex(EVENT_TYPE, 'expected at most 200 visible ASCII characters')
    .regex(SEARCHABLE, 'Temporal cannot look for backslashes, double quotes, and quotes at an end')
    .optional(),
  since: time.optional(),
  until: time.optional(),
};

export const pageParameters = {
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(200, LIMIT).default(50),
  cursor: z.base64url(CURSOR).transform(toPageToken).optional(),
};

/** @throws HttpError `invalid_parameter` */
export function parseQuery<S extends z.ZodType>(schema: S, query: unknown): z.output<S> {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0]);
  const fault = issue?.code === 'unrecognized_keys' ? 'there is no such parameter' : issue?.message;
  throw new HttpError('invalid_parameter', `${name}: ${fault}`);
}

/** Temporal tries a token that it cannot read again and again, for seconds: a checksum finds it here. */
export function toCursor(token: Uint8Array): string {
  return Buffer.concat([checksum(token), token]).toString('base64url');
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
