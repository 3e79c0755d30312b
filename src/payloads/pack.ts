// Packs the bytes of a payload before it is encrypted, and unpacks them: deflated if that is worth its time.
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import type { STORED_MAX_BYTES } from '../contracts/limits.ts';

/** Below this size, deflate saves less than its time costs. */
const COMPRESS_FROM_BYTES = 1_024;
/** From this size on another thread compresses, so that other requests do not wait: a megabyte takes 10 to 20 ms. */
export const PACK_ASIDE_FROM_BYTES = 1_048_576;
/** This room imports only types, so the number stands here once more. The compiler checks it against `limits.ts`. */
export const BODY_MAX_BYTES: typeof STORED_MAX_BYTES = 16_777_216;
/** Room for the largest body and its metadata. A damaged or hostile payload must not fill the memory. */
const METADATA_MAX_BYTES = 1_048_576;
const INFLATED_MAX_BYTES = BODY_MAX_BYTES + METADATA_MAX_BYTES;

const deflateAside = promisify(deflateRaw) as (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;
const inflateAside = promisify(inflateRaw) as (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

/** The first byte of the text that is encrypted says how the rest is packed. */
const PLAIN = 0;
const DEFLATED = 1;

export async function pack(content: Uint8Array): Promise<Buffer> {
  if (content.length < COMPRESS_FROM_BYTES) return Buffer.concat([Uint8Array.of(PLAIN), content]);
  const options = { level: 1 };
  const isAside = content.length >= PACK_ASIDE_FROM_BYTES;
  const deflated = isAside ? await deflateAside(content, options) : deflateRawSync(content, options);
  return Buffer.concat([Uint8Array.of(DEFLATED), deflated]);
}

export async function unpack(packed: Buffer, maxBytes: number): Promise<Uint8Array> {
  const content = packed.subarray(1);
  if (packed[0] !== DEFLATED) return content;
  const maxOutputLength = Math.min(INFLATED_MAX_BYTES, maxBytes + METADATA_MAX_BYTES);
  const options = { maxOutputLength };
  return content.length >= PACK_ASIDE_FROM_BYTES
    ? await inflateAside(content, options)
    : inflateRawSync(content, options);
}
