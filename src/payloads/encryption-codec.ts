// Encrypts every payload before it leaves the process: AES-256-GCM under the first key. Any known key decrypts.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { type Payload, type PayloadCodec, type SerializationContext, ValueError } from '@temporalio/common';
import { encode as bytes, decode as text } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import type { STORED_MAX_BYTES } from '../contracts/limits.ts';
import { isRawBody } from './raw-body.ts';

export interface EncryptionKey {
  /** The name of the key, which is stored in clear beside each payload. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** The first key encrypts, every key decrypts. */
export type EncryptionKeys = readonly [EncryptionKey, ...EncryptionKey[]];

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** Metadata of a body over a megabyte: its size in bytes in clear. Once packed, the body may have a thousandth of it. */
const CLEAR_BYTES = 'clear-bytes';
/** NIST SP 800-38D: 96 random bits per message, 128 bits of tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Below this size, deflate saves less than its time costs. */
const COMPRESS_FROM_BYTES = 1_024;
/** From this size on another thread compresses, so that other requests do not wait: a megabyte takes 10 to 20 ms. */
const ASIDE_FROM_BYTES = 1_048_576;
/** This room imports only types, so the number stands here once more. The compiler checks it against `limits.ts`. */
const BODY_MAX_BYTES: typeof STORED_MAX_BYTES = 16_777_216;
/** Room for the largest body and its metadata. A damaged or hostile payload must not fill the memory. */
const METADATA_MAX_BYTES = 1_048_576;
const INFLATED_MAX_BYTES = BODY_MAX_BYTES + METADATA_MAX_BYTES;

const deflateAside = promisify(deflateRaw) as (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;
const inflateAside = promisify(inflateRaw) as (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

/** The first byte of the text that is encrypted says how the rest is packed. */
const PLAIN = 0;
const DEFLATED = 1;

/** A payload cannot be decrypted: this process does not know its key, or the payload was altered. */
export class DecryptionError extends ValueError {
  override readonly name = 'DecryptionError';
}

/** The payloads of one request are larger in clear, together, than the caller can take. */
export class DecodedTooLargeError extends ValueError {
  override readonly name = 'DecodedTooLargeError';
}

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

export class EncryptionCodec implements PayloadCodec {
  /** Key objects: OpenSSL would set up raw bytes anew for each payload, which is three times as slow. */
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #first: { id: string; key: KeyObject };
  readonly #ivs = new RandomIvs();

  constructor(keys: EncryptionKeys) {
    const objects = keys.map(({ id, key }) => ({ id, key: createSecretKey(key) }));
    this.#first = objects[0] as (typeof objects)[number];
    this.#keys = new Map(objects.map(({ id, key }) => [id, key]));
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return await Promise.all(
      payloads.map((payload) => (staysHere(payload, context) ? payload : this.#encrypt(payload))),
    );
  }

  /** @throws DecryptionError */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return await Promise.all(
      payloads.map((payload) => (isEncrypted(payload) ? this.#decrypt(payload) : payload)),
    );
  }

  /**
   * Decodes one after the other. What would be over the limit is never in memory.
   *
   * @param load gives a payload as it is stored; references cost nothing until then
   * @throws DecodedTooLargeError, DecryptionError, or what `load` throws
   */
  async decodeWithin(
    maxBytes: number,
    payloads: Payload[],
    load: (payload: Payload) => Promise<Payload>,
  ): Promise<Payload[]> {
    const decoded: Payload[] = [];
    let left = maxBytes;
    for (const given of payloads) {
      const payload = await load(given);
      const clear = isEncrypted(payload) ? await this.#decrypt(payload, left) : payload;
      left -= sizeOf(clear);
      if (left < 0) throw new DecodedTooLargeError('the payloads are too large together');
      decoded.push(clear);
    }
    return decoded;
  }

  async #encrypt(payload: Payload): Promise<Payload> {
    const { id, key } = this.#first;
    const clear = PayloadProto.encode(payload).finish();
    const content = await pack(clear);
    const iv = this.#ivs.next();
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
    const parts = [iv, cipher.update(content), cipher.final(), cipher.getAuthTag()];
    const metadata: Payload['metadata'] = { encoding: bytes(ENCODING), [KEY_ID]: bytes(id) };
    if (clear.length >= ASIDE_FROM_BYTES && isRawBody(payload))
      metadata[CLEAR_BYTES] = bytes(`${clear.length}`);
    return { metadata, data: Buffer.concat(parts) };
  }

  async #decrypt({ metadata, data }: Payload, maxBytes = Number.POSITIVE_INFINITY): Promise<Payload> {
    const id = text(metadata?.[KEY_ID] ?? new Uint8Array());
    const key = this.#keys.get(id);
    if (key === undefined) {
      throw new DecryptionError(
        `a payload is encrypted under key '${id}', which SUREHOOK_ENCRYPTION_KEYS does not have`,
      );
    }
    try {
      return PayloadProto.decode(await unpack(open(key, id, data ?? new Uint8Array()), maxBytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' && maxBytes < BODY_MAX_BYTES)
        throw new DecodedTooLargeError('the payloads are too large together');
      throw new DecryptionError(
        `a payload encrypted under key '${id}' is damaged, or the key of that id is another one`,
      );
    }
  }
}

/**
 * Gets random bytes in blocks, since one call for random bytes costs more than encrypting a small payload. `next` gives
 * a copy, which the next fill of the block does not reach.
 */
class RandomIvs {
  readonly #block = Buffer.alloc(IV_BYTES * 512);
  #used = this.#block.length;

  next(): Buffer {
    if (this.#used === this.#block.length) {
      randomFillSync(this.#block);
      this.#used = 0;
    }
    const iv = Buffer.from(this.#block.subarray(this.#used, this.#used + IV_BYTES));
    this.#used += IV_BYTES;
    return iv;
  }
}

function sizeOf({ metadata, data }: Payload): number {
  return Object.values(metadata ?? {}).reduce((sum, value) => sum + value.length, data?.length ?? 0);
}

/** Whether an encrypted payload is a body that takes over a megabyte of memory once it is decrypted. */
export function isLarge({ metadata }: Payload): boolean {
  return metadata?.[CLEAR_BYTES] !== undefined;
}

/** A local activity gets its body in clear from the workflow in this process. Only the activity's result is stored. */
function staysHere(payload: Payload, context: SerializationContext | undefined): boolean {
  return context?.type === 'activity' && context.isLocal && isRawBody(payload);
}

function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.encoding !== undefined && text(metadata.encoding) === ENCODING;
}

function open(key: KeyObject, id: string, data: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(id)).setAuthTag(data.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}

async function pack(content: Uint8Array): Promise<Buffer> {
  if (content.length < COMPRESS_FROM_BYTES) return Buffer.concat([Uint8Array.of(PLAIN), content]);
  const options = { level: 1 };
  const isAside = content.length >= ASIDE_FROM_BYTES;
  const deflated = isAside ? await deflateAside(content, options) : deflateRawSync(content, options);
  return Buffer.concat([Uint8Array.of(DEFLATED), deflated]);
}

async function unpack(packed: Buffer, maxBytes: number): Promise<Uint8Array> {
  const content = packed.subarray(1);
  if (packed[0] !== DEFLATED) return content;
  const maxOutputLength = Math.min(INFLATED_MAX_BYTES, maxBytes + METADATA_MAX_BYTES);
  const options = { maxOutputLength };
  return content.length >= ASIDE_FROM_BYTES
    ? await inflateAside(content, options)
    : inflateRawSync(content, options);
}
