// Sends one request and reads the beginning of its answer. Unlike undici's `request`, it ends at once when it is told to.
import type { Dispatcher } from 'undici';

/** This much of an answer shows what is wrong; the rest is not read. */
const RESPONSE_MAX_BYTES = 16_384;

export interface Request {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array;
  signal: AbortSignal;
  dispatcher: Dispatcher;
}

export interface HttpAnswer {
  statusCode: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body, or what had come of it when it broke off. */
  body: Buffer;
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
export async function sendRequest({ url, headers, body, signal, dispatcher }: Request): Promise<HttpAnswer> {
  if (signal.aborted) throw new RequestFailure(signal.reason, false);
  const { origin, pathname, search } = new URL(url);
  const exchange = new Exchange();
  const abort = () => exchange.end(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    dispatcher.dispatch({ origin, path: pathname + search, method: 'POST', headers, body }, exchange);
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
  #head: Omit<HttpAnswer, 'body'> | undefined;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #isOver = false;

  constructor() {
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
    if (statusCode >= 200) this.#head = { statusCode, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > RESPONSE_MAX_BYTES) this.end(new Error('the answer is longer than what is read of it'));
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
    this.#controller?.abort(reason instanceof Error ? reason : new Error(String(reason)));
  }

  #settle(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#head) this.#resolve({ ...this.#head, body: Buffer.concat(this.#chunks) });
    else this.#reject(new RequestFailure(error, this.#controller !== undefined));
  }
}
