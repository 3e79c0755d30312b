// Undoes the content encoding of a body, within a limit: a few bytes of gzip can stand for gigabytes.
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { BodyFault } from './body-fault.ts';

const DECODERS = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateEither,
  br: brotliDecompressSync,
} as const;

/** @throws BodyFault `unsupported_encoding` for one that is not read, or for several of them */
export function decoderOf(contentEncoding: string | undefined) {
  const name = (contentEncoding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return undefined;
  if (Object.hasOwn(DECODERS, name)) return DECODERS[name as keyof typeof DECODERS];
  throw new BodyFault(
    'unsupported_encoding',
    'the content-encoding is not read; send gzip, deflate, br or none',
  );
}

/**
 * zlib gives its output in pieces and stops at the first one over the limit: no more than that is ever in memory.
 *
 * @returns the body itself if it has no encoding
 * @throws BodyFault
 */
export function decodeContent(
  body: Uint8Array,
  contentEncoding: string | undefined,
  maxBytes: number,
): Uint8Array {
  const decode = decoderOf(contentEncoding);
  if (decode === undefined) return body;
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new BodyFault('payload_too_large', `the decoded body is over the limit of ${maxBytes} bytes`);
    throw new BodyFault('invalid_body', 'the body cannot be decoded by its content-encoding');
  }
}

/** HTTP's deflate has a header of zlib's; some senders leave it out. */
function inflateEither(body: Uint8Array, options: { maxOutputLength: number }): Buffer {
  const hasHeader = ((body[0] ?? 0) & 0x0f) === 8 && (((body[0] ?? 0) << 8) | (body[1] ?? 0)) % 31 === 0;
  return hasHeader ? inflateSync(body, options) : inflateRawSync(body, options);
}
