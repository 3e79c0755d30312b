// Sends one POST to an address that the operator has configured, and judges the answer.
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { EXCERPT_MAX_LENGTH, toAnswerText, toPlainText } from './answer-text.ts';
import { networkErrorCode } from './network-error.ts';
import type { Outlet } from './outlets.ts';
import { parseRetryAfter } from './retry-after.ts';
import { type HttpAnswer, type RequestFailure, sendRequest } from './send-request.ts';

export interface HttpPost {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  signal: AbortSignal;
  outlet: Outlet;
}

export async function httpPost({ outlet, ...request }: HttpPost): Promise<AttemptResult> {
  const begun = performance.now();
  let answer: HttpAnswer;
  try {
    answer = await sendRequest({ ...request, dispatcher: outlet.dispatcher });
  } catch (failure) {
    return toFailed(failure as RequestFailure, request, outlet, Math.round(performance.now() - begun));
  }
  const { statusCode, headers, body } = answer;
  const responseExcerpt = await toAnswerText(body, headers['content-encoding']);
  return judge(statusCode, headers, responseExcerpt);
}

/** The message says how long it took, and which addresses were tried if none of them could be reached. */
function toFailed(
  { cause, wasSent, message }: RequestFailure,
  { url, signal }: Omit<HttpPost, 'outlet'>,
  outlet: Outlet,
  durationMs: number,
): AttemptResult {
  const error = networkErrorCode(cause, signal);
  const tried = wasSent ? [] : outlet.triedAt(url);
  const where = tried.length > 0 ? ` to ${tried.join(', ')}` : '';
  if (error !== 'timeout') return { ok: false, error, message };
  const what = wasSent ? 'no answer' : `no connection${where}`;
  return { ok: false, error, message: `${what} in ${durationMs} ms` };
}

function judge(statusCode: number, headers: HttpAnswer['headers'], responseExcerpt: string): AttemptResult {
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
