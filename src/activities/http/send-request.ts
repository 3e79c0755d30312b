// Sends one request and reads the beginning of its answer. Unlike undici's `request`, it ends at once when it is told to.
import type { Dispatcher } from 'undici';

/** This much of an answer shows what is wrong; the rest is not read. */
const RESPONSE_MAX_BYTES = 16_384;

export type AnswerHead = Pick<HttpAnswer, 'statusCode' | 'headers'>;

export interface Request {
  url: string;
  headers: Record<string, string>;
  /** Of a POST; undefined: the request is a GET. */
  body?: Uint8Array;
  signal: AbortSignal;
  dispatcher: Dispatcher;
  /** How many bytes of the body are read; 0: the head is enough. */
  readMax?: (head: AnswerHead) => number;
}

export interface HttpAnswer {
  statusCode: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body, or what had come of it when it broke off. */
  body: Buffer;
  /** Why the body is not whole; undefined if it is. */
  cut: Error | undefined;
}

/** The body is longer than what is read of it. */
export class AnswerTooLong extends Error {
  override message = 'the answer is longer than what is read of it';
}

/** The request had a connection, and so may have reached the endpoint, when it failed. */
export class RequestFailure extends Error {
  readonly wasSent: boolean;

  constructor(cause: unknown, wasSent: boolean) {
    super((cause as Error).message, { cause });
    this.wasSent = wasSent;
  }
}

/**
 * @returns the answer, also if its body breaks off or hangs until the signal: its status has come
 * @throws RequestFailure
 */
export async function sendRequest(request: Request): Promise<HttpAnswer> {
  const { url, headers, body, signal, dispatcher, readMax = () => RESPONSE_MAX_BYTES } = request;
  if (signal.aborted) throw new RequestFailure(signal.reason, false);
  const { origin, pathname, search } = new URL(url);
  const exchange = new Exchange(readMax);
  const abort = () => exchange.end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const method = body ? 'POST' : 'GET';
    dispatcher.dispatch({ origin, path: pathname + search, method, headers, body: body ?? null }, exchange);
    return await exchange.answer;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>;
  #resolve: (answer: HttpAnswer) => void = () => undefined;
  #reject: (error: RequestFailure) => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #head: AnswerHead | undefined;
  readonly #readMax: (head: AnswerHead) => number;
  #maxBytes = 0;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #isOver = false;

  constructor(readMax: (head: AnswerHead) => number) {
    this.#readMax = readMax;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Called when there is a connection: until then undici cannot be told to give the request up. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error('nobody waits for the answer'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: HttpAnswer['headers'],
  ): void {
    if (statusCode < 200) return;
    this.#head = { statusCode, headers };
    this.#maxBytes = this.#readMax(this.#head);
    if (this.#maxBytes === 0) this.end(new AnswerTooLong());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.end(new AnswerTooLong());
  }

  onResponseEnd(): void {
    this.#settle(undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle(error);
  }

  /** Ends the request; its connection is closed, as an answer may still come on it. */
  end(reason: unknown): void {
    if (this.#isOver) return;
    this.#settle(reason);
    this.#controller?.abort(toError(reason));
  }

  #settle(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const cut = error === undefined ? undefined : toError(error);
    if (this.#head) this.#resolve({ ...this.#head, body: Buffer.concat(this.#chunks), cut });
    else this.#reject(new RequestFailure(error, this.#controller !== undefined));
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
