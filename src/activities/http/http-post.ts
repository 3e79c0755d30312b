// Sends one POST, to an address that the operator has configured or a client has given, and says how it went.
import { refusalOf, URL_NOT_ALLOWED } from '../../contracts/client-url.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { toAnswerText } from './answer-text.ts';
import { judgeAnswer } from './judge-answer.ts';
import { networkErrorCode } from './network-error.ts';
import type { Outlet } from './outlets.ts';
import { type HttpAnswer, type RequestFailure, sendRequest } from './send-request.ts';

export interface HttpPost {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  signal: AbortSignal;
  outlet: Outlet;
}

export async function httpPost({ outlet, ...request }: HttpPost): Promise<AttemptResult> {
  const refusal = outlet.guard && refusalOf(request.url, outlet.guard);
  if (refusal !== undefined) return { ok: false, error: URL_NOT_ALLOWED, message: refusal };
  const begun = performance.now();
  let answer: HttpAnswer;
  try {
    answer = await sendRequest({ ...request, dispatcher: outlet.dispatcher });
  } catch (failure) {
    return toFailed(failure as RequestFailure, request, outlet, Math.round(performance.now() - begun));
  }
  const { statusCode, headers, body } = answer;
  const responseExcerpt = await toAnswerText(body, headers['content-encoding']);
  return judgeAnswer(statusCode, headers, responseExcerpt);
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
