// Reads a request's raw bytes, counting while they stream: a body that is too large or too slow is not read on.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyBlocks } from './body-blocks.ts';
import { HttpError } from './errors.ts';

/** Every webhook is within it, and a line of 5 Mbit/s carries the largest body in it. */
const WHOLE_WITHIN_MS = 30_000;
/** How often a body is held to the least rate. The first time is also the grace of a slow beginning. */
const PACE_EVERY_MS = 5_000;
/** A sender that is slower only holds on to memory and a connection; the ingress has a setting for it. */
const LEAST_BYTES_PER_SECOND = 1_024;

export interface BodyRules {
  /** Called with the bytes of memory before they are held; if it throws, the rest is not read, and the error is thrown on. */
  onHeld?: (bytes: number) => void;
  leastBytesPerSecond?: number;
}

/**
 * @throws HttpError `payload_too_large`, `request_timeout`, or `bad_request` if the body ends early (the client has
 * mostly gone by then)
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  { onHeld = () => undefined, leastBytesPerSecond = LEAST_BYTES_PER_SECOND }: BodyRules = {},
): Promise<Buffer> {
  const detail = `the body is over the limit of ${maxBytes} bytes`;
  const tooLarge = () => new HttpError('payload_too_large', detail, { bodyUnread: true });
  const announced = Number(request.headers['content-length'] ?? maxBytes);
  if (announced > maxBytes) return Promise.reject(tooLarge());
  if (holdsBodyBack(request)) response.writeContinue();
  return new Promise((resolve, reject) => {
    const blocks = new BodyBlocks(announced, onHeld);
    const stopWatch = watchPace(
      () => blocks.size,
      leastBytesPerSecond,
      (error) => refuse(error),
    );
    const refuse = (error: unknown) => {
      stopWatch();
      request.removeAllListeners('data').pause();
      blocks.free(); // the request lingers, and its bytes are not counted then
      reject(error);
    };
    const endedEarly = () => refuse(new HttpError('bad_request', 'the body ended early'));
    request.on('data', (chunk: Buffer) => {
      try {
        if (blocks.size + chunk.length > maxBytes) throw tooLarge();
        blocks.add(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    request.on('end', () => {
      stopWatch();
      request.off('close', endedEarly); // every request closes, and an error's stack is costly
      resolve(blocks.take());
    });
    request.on('error', endedEarly);
    request.on('close', endedEarly);
  });
}

/** @returns a function that ends the watch */
function watchPace(
  bytesNow: () => number,
  leastBytesPerSecond: number,
  onLate: (error: HttpError) => void,
): () => void {
  const refuse = (detail: string) => onLate(new HttpError('request_timeout', detail, { bodyUnread: true }));
  const until = performance.now() + WHOLE_WITHIN_MS;
  let before = 0;
  let isOver = false;
  // What the kernel has already is read first: this process may have been busy, not the sender slow.
  const timer = setInterval(() => setImmediate(look), PACE_EVERY_MS);
  const look = () => {
    if (isOver) return;
    const came = bytesNow() - before;
    before += came;
    if (performance.now() >= until - 1)
      refuse(`the body did not arrive whole within ${WHOLE_WITHIN_MS / 1_000} s`);
    else if (came * 1_000 < leastBytesPerSecond * PACE_EVERY_MS)
      refuse(`the body comes too slowly: send at least ${leastBytesPerSecond} bytes a second`);
  };
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}

/** Whether the client waits for `100 Continue` before it sends the body; `listen` leaves that answer to `readBody`. */
function holdsBodyBack({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion !== '1.0' && /100-continue/i.test(headers.expect ?? '');
}
