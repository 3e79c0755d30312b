// Makes the beginning of an answer's body readable: decoded if it is compressed, and without control characters.
import type { Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

export const EXCERPT_MAX_LENGTH = 500;
/** Enough for the excerpt, however many bytes its characters have. */
const DECODED_MAX_BYTES = 4 * EXCERPT_MAX_LENGTH;

/** Flushes that need no end of the input: only the beginning of a body is read. */
const zlibOptions = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 4_096 };
const DECODERS: Record<string, () => Transform> = {
  gzip: () => createGunzip(zlibOptions),
  'x-gzip': () => createGunzip(zlibOptions),
  deflate: () => createInflate(zlibOptions),
  br: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH, chunkSize: 4_096 }),
};

/** @returns the text; a compressed body that cannot be decoded is named instead */
export async function toAnswerText(body: Buffer, encoding: string | string[] | undefined): Promise<string> {
  const name = [encoding ?? []].flat().join(', ').trim().toLowerCase();
  if (body.length === 0 || name === '' || name === 'identity') return toPlainText(body);
  const create = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  const decoded = create && (await decode(body, create()));
  return decoded
    ? toPlainText(decoded)
    : `[a body with content-encoding ${toPlainText(Buffer.from(name)).slice(0, 40)}]`;
}

/** Stops at the bound: a few kilobytes may hold gigabytes. */
async function decode(body: Buffer, decoder: Transform): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    decoder.end(body);
    for await (const chunk of decoder) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= DECODED_MAX_BYTES) break;
    }
  } catch {
    if (size === 0) return undefined; // else the part that could be decoded is enough
  } finally {
    decoder.destroy();
  }
  return Buffer.concat(chunks);
}

/** Control characters would garble a terminal. */
export function toPlainText(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .slice(0, EXCERPT_MAX_LENGTH)
    .replace(/\p{Cc}/gu, ' ');
}
