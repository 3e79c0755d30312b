// Judges an answer: whether the attempt succeeded, whether another can, and how long that one waits.
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { EXCERPT_MAX_LENGTH, toPlainText } from './answer-text.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { HttpAnswer } from './send-request.ts';

export function judgeAnswer(
  statusCode: number,
  headers: HttpAnswer['headers'],
  responseExcerpt: string,
): AttemptResult {
  if (statusCode >= 200 && statusCode < 300) return { ok: true, statusCode, responseExcerpt };
  const waits = statusCode === 429 || statusCode === 503;
  const retryAfterMs = waits ? parseRetryAfter(headers['retry-after']) : undefined;
  const message = statusCode < 400 ? toRedirect(headers.location) : undefined;
  return {
    ok: false,
    statusCode,
    responseExcerpt,
    // 410 Gone: the endpoint will never want this delivery (Standard Webhooks).
    permanent: statusCode === 410,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(message === undefined ? {} : { message }),
  };
}

/** The operator, not the endpoint, says where events go. */
function toRedirect(location: string | string[] | undefined): string | undefined {
  if (location === undefined) return undefined;
  const to = toPlainText(Buffer.from([location].flat().join(', '))).slice(0, EXCERPT_MAX_LENGTH);
  return `redirects are not followed; Location: ${to}`;
}
