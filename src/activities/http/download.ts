// Gets a document from a URL that a client has given: bounded in bytes and time, and never from a private address.
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Download, Downloaded } from '../../config/define-task.ts';
import { refusalOf, URL_NOT_ALLOWED } from '../../contracts/client-url.ts';
import { TaskError } from '../../contracts/failures.ts';
import { toPlainText } from './answer-text.ts';
import { networkErrorCode } from './network-error.ts';
import type { Outlet, Outlets } from './outlets.ts';
import { AnswerTooLong, type HttpAnswer, type RequestFailure, sendRequest } from './send-request.ts';

/** A server that is reached at all is reached by then; the time of a download as a whole is given by its caller. */
const CONNECT_LIMIT_MS = 15_000;

/** Codes of a `TaskError`: what a repetition will not change. */
type RefusalCode =
  | typeof URL_NOT_ALLOWED
  | 'document_gone'
  | 'document_too_large'
  /** The server says no, or sends its clients elsewhere. */
  | 'document_unavailable';

export interface DownloadRequest extends Download {
  signal: AbortSignal;
}

type Decode = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const DECODERS: Record<string, Decode> = {
  gzip: promisify(gunzip) as Decode,
  'x-gzip': promisify(gunzip) as Decode,
  deflate: promisify(inflate) as Decode,
  br: promisify(brotliDecompress) as Decode,
};
const HEADERS = { 'user-agent': 'Surehook', accept: '*/*', 'accept-encoding': 'gzip, deflate, br' };

/**
 * @returns `download`, which throws a TaskError with a code of the above, or a plain Error for what may go better next
 *   time: 5xx, 408, 425, 429, a network error, a body that breaks off, the time limit
 */
export function createDownload({ outlets, allowLoopback }: { outlets: Outlets; allowLoopback: boolean }) {
  const guard = { allowLoopback };
  return async (request: DownloadRequest): Promise<Downloaded> => {
    const refusal = refusalOf(request.url, guard);
    if (refusal !== undefined) throw refused(URL_NOT_ALLOWED, refusal);
    const outlet = outlets.of('downloads', { limitMs: CONNECT_LIMIT_MS, guard });
    const answer = await get(request, outlet);
    const { host } = new URL(request.url);
    judge(answer, host, request.maxBytes);
    if (answer.cut) throw new Error(`the document of ${host} broke off: ${answer.cut.message}`);
    return {
      bytes: await decode(answer, host, request.maxBytes),
      contentType: textOf(answer.headers['content-type']),
    };
  };
}

/** Gets as much of the body as its caller takes, and none of an answer that is no document. */
async function get(
  { url, maxBytes, timeoutMs, signal }: DownloadRequest,
  outlet: Outlet,
): Promise<HttpAnswer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const within = AbortSignal.any([signal, limit]);
  const readMax = ({ statusCode, headers }: Pick<HttpAnswer, 'statusCode' | 'headers'>) =>
    isSuccess(statusCode) && Number(headers['content-length'] ?? 0) <= maxBytes ? maxBytes : 0;
  const { host } = new URL(url);
  const late = () => new Error(`the document of ${host} did not come whole within ${timeoutMs} ms`);
  try {
    const { dispatcher } = outlet;
    const answer = await sendRequest({ url, headers: HEADERS, signal: within, dispatcher, readMax });
    if (answer.cut && !(answer.cut instanceof AnswerTooLong)) {
      signal.throwIfAborted();
      if (limit.aborted) throw late();
    }
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    const { cause, message } = error as RequestFailure;
    if (cause === undefined) throw error;
    if (limit.aborted) throw late();
    const code = networkErrorCode(cause, within);
    if (code === URL_NOT_ALLOWED) throw refused(code, message);
    throw new Error(`${host} could not be reached (${code}): ${message}`);
  }
}

/** @throws unless the answer is a document of an allowed size, as far as that can be told yet */
function judge({ statusCode, headers, cut }: HttpAnswer, host: string, maxBytes: number): void {
  const answered = `${host} answered ${statusCode}`;
  if (isSuccess(statusCode)) {
    if (cut instanceof AnswerTooLong) throw tooLarge(host, maxBytes);
    return;
  }
  if (statusCode < 400) {
    const to = textOf(headers.location).replace(/[?#].*$/s, '?…'); // a query may be a credential
    throw refused(
      'document_unavailable',
      `${answered}, Location: ${to || 'none'}; redirects are not followed, give the URL of the document itself`,
    );
  }
  if (statusCode === 404 || statusCode === 410) {
    throw refused('document_gone', `${answered}: there is no document at this URL`);
  }
  if (statusCode >= 500 || [408, 425, 429].includes(statusCode)) throw new Error(answered);
  throw refused('document_unavailable', `${answered}; the URL must answer a GET without a login`);
}

/** The bound is on what comes out, too: a few kilobytes may hold gigabytes. */
async function decode({ body, headers }: HttpAnswer, host: string, maxBytes: number): Promise<Buffer> {
  const name = textOf(headers['content-encoding']).trim().toLowerCase();
  if (name === '' || name === 'identity' || body.length === 0) return body;
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (decoder === undefined) {
    throw refused('document_unavailable', `${host} sent the content-encoding ${name.slice(0, 40)} unasked`);
  }
  try {
    return await decoder(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(host, maxBytes);
    throw new Error(`the document of ${host} could not be decoded (${name}): ${message}`);
  }
}

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function tooLarge(host: string, maxBytes: number): TaskError {
  return refused('document_too_large', `the document of ${host} has more than ${maxBytes} bytes`);
}

function refused(code: RefusalCode, message: string): TaskError {
  return new TaskError(code, message);
}

function textOf(value: string | string[] | undefined): string {
  return toPlainText(Buffer.from([value ?? []].flat().join(', ')));
}
