// Reads a request's raw bytes, counting while they stream: a body over the limit is refused without reading on.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './errors.ts';

/**
 * @param onBytes called with the size of each chunk; if it throws, the rest is not read, and the error is thrown on
 * @throws HttpError `payload_too_large`, or `bad_request` if the body ends early (the client has mostly gone by then)
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<Buffer> {
  const detail = `the body is over the limit of ${maxBytes} bytes`;
  const tooLarge = () => new HttpError('payload_too_large', detail, { bodyUnread: true });
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  if (holdsBodyBack(request)) response.writeContinue();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > maxBytes) throw tooLarge();
        onBytes(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        request.removeAllListeners('data').pause();
        chunks.length = 0; // the request lingers, and its bytes are not counted then
        reject(error);
      }
    });
    const endedEarly = () => reject(new HttpError('bad_request', 'the body ended early'));
    request.on('end', () => {
      request.off('close', endedEarly); // every request closes, and an error's stack is costly
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    });
    request.on('error', endedEarly);
    request.on('close', endedEarly);
  });
}

/** Whether the client waits for `100 Continue` before it sends the body; `listen` leaves that answer to `readBody`. */
function holdsBodyBack({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion !== '1.0' && /100-continue/i.test(headers.expect ?? '');
}
