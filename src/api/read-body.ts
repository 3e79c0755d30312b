// Reads a request's raw bytes, counting while they stream: a body over the limit is refused without reading on.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from './errors.ts';

/** A client that is still sending gets this long to read the refusal; a close at once would reset the connection. */
const LINGER_MS = 1_000;

/**
 * @throws HttpError `payload_too_large`, or `bad_request` if the body ends early (nobody is left to read that answer)
 */
export function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Buffer> {
  const tooLarge = () => {
    stopReading(request, response);
    return new HttpError('payload_too_large', `the body is over the limit of ${maxBytes} bytes`);
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size)),
    );
    request.on('error', reject);
    request.on('close', () => reject(new HttpError('bad_request', 'the body ended early')));
  });
}

function stopReading(request: IncomingMessage, response: ServerResponse): void {
  request.removeAllListeners('data');
  request.pause();
  response.setHeader('connection', 'close');
  response.once('finish', () => {
    setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  });
}
