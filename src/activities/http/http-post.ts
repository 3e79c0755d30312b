// Sends one POST to an address that the operator has configured, and judges the answer.
import { type Dispatcher, request } from 'undici';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { networkErrorCode } from './network-error.ts';

/** This much of an answer shows what is wrong; the rest is not read. */
const RESPONSE_MAX_BYTES = 16_384;
const EXCERPT_MAX_LENGTH = 500;
const RETRY_AFTER_MAX_MS = 3_600_000;

export interface HttpPost {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  /** The time after which `signal` aborts, for the error message. */
  timeoutMs: number;
  signal: AbortSignal;
  dispatcher: Dispatcher;
}

export async function httpPost({
  url,
  headers,
  body,
  timeoutMs,
  signal,
  dispatcher,
}: HttpPost): Promise<AttemptResult> {
  try {
    const response = await request(url, { method: 'POST', headers, body, signal, dispatcher });
    return judge(response, await readExcerpt(response.body));
  } catch (error) {
    const code = networkErrorCode(error, signal);
    const message = code === 'timeout' ? `no answer within ${timeoutMs} ms` : (error as Error).message;
    return { ok: false, error: code, message };
  }
}

function judge({ statusCode, headers }: Dispatcher.ResponseData, responseExcerpt: string): AttemptResult {
  if (statusCode >= 200 && statusCode < 300) return { ok: true, statusCode, responseExcerpt };
  const waits = statusCode === 429 || statusCode === 503;
  const retryAfterMs = waits ? parseRetryAfter(headers['retry-after']) : undefined;
  // 410 Gone: the endpoint will never want this delivery (Standard Webhooks).
  return { ok: false, statusCode, responseExcerpt, permanent: statusCode === 410, retryAfterMs };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), in milliseconds from now, at most one hour. */
export function parseRetryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS) : undefined;
}

/** Never rejects: the status has come, so an answer whose body breaks off or hangs is judged all the same. */
async function readExcerpt(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > RESPONSE_MAX_BYTES) break;
    }
  } catch {
    // the part that has come is enough
  }
  // Control characters would garble a terminal.
  return Buffer.concat(chunks)
    .toString('utf8')
    .slice(0, EXCERPT_MAX_LENGTH)
    .replace(/\p{Cc}/gu, ' ');
}
