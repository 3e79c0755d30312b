// Holds a payload to the schema of its source, which a process of the user's code has.
import type { BodyFormat } from '../../bodies/body-format.ts';
import type { SourceConfig } from '../../config/config.ts';
import type { SchemaCall, SchemaResult } from '../../user-code/messages.ts';
import { HttpError } from './errors.ts';
import { ASIDE_FROM_BYTES } from './parse-json.ts';

/** @throws Error if no answer came: the signal was aborted, or the process has ended */
export type CheckPayload = (call: SchemaCall, signal: AbortSignal) => Promise<SchemaResult>;

/** The ingress answers within 3 s, and Temporal needs its part of them. A schema takes some milliseconds. */
const CHECK_WITHIN_MS = 1_000;
/** A list of 400,000 wrong items takes 1 to 3 s: it has to be refused for what it is, or its sender sends it for ever. */
const CHECK_LARGE_WITHIN_MS = 6_000;

/** @throws HttpError `invalid_payload`, or `payload_unchecked` if the schema gives no answer */
export async function checkSchema(
  checkPayload: CheckPayload,
  { name, hasSchema }: Pick<SourceConfig, 'name' | 'hasSchema'>,
  body: Uint8Array,
  format: BodyFormat,
): Promise<void> {
  if (!hasSchema) return;
  const outcome = await ask(checkPayload, { source: name, body, format });
  if (outcome.ok) return;
  const [first] = outcome.issues;
  throw new HttpError('invalid_payload', `${first?.path || 'the body'}: ${first?.message}`, {
    members: { errors: outcome.issues },
  });
}

async function ask(checkPayload: CheckPayload, call: SchemaCall): Promise<SchemaResult> {
  // How large a body is in an encoding says little of what the schema gets.
  const isSmall = call.body.length < ASIDE_FROM_BYTES && call.format.contentEncoding === undefined;
  const withinMs = isSmall ? CHECK_WITHIN_MS : CHECK_LARGE_WITHIN_MS;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), withinMs);
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error('the check goes on')), withinMs);
  });
  try {
    return await Promise.race([checkPayload(call, limit.signal), tooLate]);
  } catch (cause) {
    const within = limit.signal.aborted ? ` within ${withinMs / 1_000} s` : '';
    const detail = `the schema of the source gave no answer${within}; send it again later`;
    throw new HttpError('payload_unchecked', detail, { headers: { 'retry-after': '5' }, cause });
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
  }
}
