// Takes answers of status 1xx out of what undici reads: its parser ends the connection at a `100 Continue` unasked.
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** An interim answer is no longer than the headers of an answer may be. */
const INTERIM_MAX_BYTES = 65_536;
/** `HTTP/1.1 1`: the bytes by which an answer of status 1xx is known. */
const INTERIM = /^HTTP\/1\.[01] 1(?!01)/;
const STATUS_BYTES = 'HTTP/1.1 100'.length;

/** RFC 9110, section 15.2: a client passes over an interim answer, unless it has asked to switch protocols (101). */
export function passOverInterim(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...[error, socket]) => {
      if (error) callback(error, null);
      else callback(null, filtered(socket as Socket));
    });
}

/**
 * undici reads a socket by `read`, and writes a request only when the answer before it has been read: what is read first
 * after a write is the beginning of an answer.
 */
function filtered(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  let isHead = true;
  let kept: Buffer = Buffer.alloc(0);
  socket.write = ((...args: Parameters<Socket['write']>) => {
    isHead = true;
    return write(...args);
  }) as Socket['write'];
  socket.read = (size?: number) => {
    for (;;) {
      const chunk: Buffer | null = read(size);
      if (chunk === null || !isHead) return chunk;
      kept = withoutInterim(Buffer.concat([kept, chunk]));
      if (isUndecided(kept)) continue;
      const head = kept;
      kept = Buffer.alloc(0);
      isHead = false;
      return head;
    }
  };
  return socket;
}

function withoutInterim(bytes: Buffer): Buffer {
  let rest = bytes;
  while (INTERIM.test(rest.toString('latin1', 0, STATUS_BYTES)) && rest.length >= STATUS_BYTES) {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) break;
    rest = rest.subarray(end + 4);
  }
  return rest;
}

/** Too short to tell whether it is an interim answer, or one that has not come whole. */
function isUndecided(bytes: Buffer): boolean {
  if (bytes.length < STATUS_BYTES) return 'HTTP/1.'.startsWith(bytes.toString('latin1', 0, 7));
  return INTERIM.test(bytes.toString('latin1', 0, STATUS_BYTES)) && bytes.length < INTERIM_MAX_BYTES;
}
