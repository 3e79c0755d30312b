// The bodies of requests to replay or discard dead letters: one, or many.
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { SourceConfig } from '../../../config/config.ts';
import type { ReplayFrom } from '../../../contracts/event.ts';
import { type JobAction, type JobFilter, RATE_DEFAULT, RATE_MAX } from '../../../contracts/job.ts';
import { INLINE_MAX_BYTES } from '../../../contracts/limits.ts';
import { checkSchema } from '../../http/check-schema.ts';
import { HttpError } from '../../http/errors.ts';
import { parseJson } from '../../http/parse-json.ts';
import { readBody } from '../../http/read-body.ts';
import { deadLetterFilter } from './dead-letter-filter.ts';

/** What is not a payload. */
const BODY_MAX_BYTES = 100_000;
const REASON_MAX_LENGTH = 1_000;

const from = z
  .enum(['failed_step', 'start'], { error: "expected 'failed_step' or 'start'" })
  .default('failed_step');
const replayBody = z.strictObject({
  from,
  payload: z.unknown().optional(),
});
const REASON = `expected a text of 1 to ${REASON_MAX_LENGTH} characters`;
const reason = z.string(REASON).trim().min(1, REASON).max(REASON_MAX_LENGTH, REASON);
const discardBody = z.strictObject({ reason });

const RATE = `expected a number from 1 to ${RATE_MAX}`;
const jobBody = {
  filter: z.strictObject(deadLetterFilter, {
    error: ({ code }) =>
      code === 'invalid_type' ? 'expected an object; {} is every dead letter' : undefined,
  }),
  rate_per_second: z.number(RATE).min(1, RATE).max(RATE_MAX, RATE).default(RATE_DEFAULT),
  dry_run: z.boolean('expected true or false').default(false),
};
const jobBodies = {
  replay: z.strictObject({ ...jobBody, from }),
  discard: z.strictObject({ ...jobBody, reason }),
};

export interface JobRequest {
  filter: JobFilter;
  rate_per_second: number;
  dry_run: boolean;
  from?: ReplayFrom;
  reason?: string;
}

/** @throws HttpError `bad_request`, `invalid_json` or `payload_too_large` */
export async function parseJob(request: Request, response: Response, action: JobAction): Promise<JobRequest> {
  const bytes = await readBody(request, response, BODY_MAX_BYTES);
  return parse<z.ZodType<JobRequest>>(jobBodies[action], bytes.length === 0 ? {} : parseJson(bytes));
}

/** @throws HttpError `bad_request`, `invalid_json`, `invalid_payload` or `payload_too_large` */
export async function parseReplay(
  request: Request,
  response: Response,
  source: SourceConfig | undefined,
): Promise<{ from: ReplayFrom; payload?: Uint8Array }> {
  const most = source?.maxBodyBytes ?? INLINE_MAX_BYTES; // the source may have left the config
  const bytes = await readBody(request, response, most + BODY_MAX_BYTES);
  const given = bytes.length === 0 ? {} : parseJson(bytes);
  const { from, payload } = parse(replayBody, given);
  if (!Object.hasOwn(given as object, 'payload')) return { from };
  await checkSchema({ schema: source?.schema }, payload);
  const written = Buffer.from(payloadAsWritten(bytes.toString().replace(/^\ufeff/, '')));
  if (written.length > most) {
    throw new HttpError('payload_too_large', `the payload is over the source's limit of ${most} bytes`);
  }
  return { from, payload: written };
}

/** @throws HttpError `bad_request` or `invalid_json` */
export async function parseDiscard(request: Request, response: Response): Promise<string> {
  const bytes = await readBody(request, response, BODY_MAX_BYTES);
  return parse(discardBody, bytes.length === 0 ? {} : parseJson(bytes)).reason;
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    const name = [...issue.path, issue.keys[0]].join('.');
    throw new HttpError('bad_request', `${name}: there is no such field`);
  }
  throw new HttpError('bad_request', `${issue?.path.join('.') || 'the body'}: ${issue?.message}`);
}

/** With its numbers as they were written: JavaScript's would round large ones. */
function payloadAsWritten(text: string): string {
  const { rawJSON } = JSON as unknown as { rawJSON(source: string): unknown };
  const keep = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source ? rawJSON(context.source) : value;
  const { payload } = JSON.parse(text, keep as (key: string, value: unknown) => unknown);
  return JSON.stringify(payload);
}
