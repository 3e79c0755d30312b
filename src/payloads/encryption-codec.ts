// Encrypts every payload for one workflow before it leaves the process: AES-256-GCM under the first key. Any known key
// decrypts, and only for that workflow.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { type Payload, type PayloadCodec, type SerializationContext, ValueError } from '@temporalio/common';
import { encode as bytes, decode as text } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import type { STORED_MAX_BYTES } from '../contracts/limits.ts';
import type { RefusalReason } from '../contracts/refused.ts';
import { isRawBody, toRefusedPayload } from './raw-body.ts';

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
/** Metadata: the workflow for which a payload is encrypted. In clear, as in Temporal, and authenticated. */
const WORKFLOW_ID = 'workflow-id';
/** Begins what GCM authenticates beside the content. Another format would begin with another text. */
const FORMAT = 'surehook-2';
/**
 * Metadata of a payload that passes from this process to itself, by way of the SDK, and so is not encrypted. Nobody else
 * knows the value, so nobody can send such a payload.
 */
const HERE = 'surehook-here';
/** The bytes of a signature of `sign`. */
export const SIGNATURE_BYTES = 16;
const HERE_VALUE = randomBytes(16);
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

/** A payload cannot be decrypted, because this process does not know its key, or is refused. */
export class DecryptionError extends ValueError {
  override readonly name = 'DecryptionError';
  /** undefined: the key is unknown. */
  readonly reason: RefusalReason | undefined;

  constructor(message: string, reason?: RefusalReason) {
    super(message);
    this.reason = reason;
  }
}

interface LoadedKey {
  id: string;
  /** A key object: OpenSSL would set up raw bytes anew for each payload, which is three times as slow. */
  key: KeyObject;
  /** Derives the nonces of large bodies. */
  nonceKey: KeyObject;
  /** Signs what is not secret. */
  signingKey: KeyObject;
}

/** The payloads of one request are larger in clear, together, than the caller can take. */
export class DecodedTooLargeError extends ValueError {
  override readonly name = 'DecodedTooLargeError';
}

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

export class EncryptionCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, LoadedKey>;
  readonly #first: LoadedKey;
  readonly #ivs = new RandomIvs();

  constructor(keys: EncryptionKeys) {
    const loaded = keys.map(({ id, key }) => ({
      id,
      key: createSecretKey(key),
      nonceKey: derive(key, 'surehook large bodies'),
      signingKey: derive(key, 'surehook signatures'),
    }));
    this.#first = loaded[0] as LoadedKey;
    this.#keys = new Map(loaded.map((key) => [key.id, key]));
  }

  /** Without a workflow in its context, a payload is for people: `reveal` decrypts it, and `decode` refuses it. */
  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return await Promise.all(
      payloads.map((payload) =>
        isLocalBody(payload, context) ? passHere(payload) : this.#encrypt(payload, context?.workflowId),
      ),
    );
  }

  /**
   * Decrypts what was encrypted for the workflow of the context. In place of any other payload stands a refused one: an
   * error would make Temporal repeat the workflow task for ever, and one signal from a stranger would end the workflow.
   *
   * @throws DecryptionError if the key is unknown: the task is repeated until the process has the key
   */
  async decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return await Promise.all(
      payloads.map(async (payload) => {
        try {
          return fromHere(payload) ?? (await this.#decryptFor(payload, context?.workflowId));
        } catch (error) {
          if (!(error instanceof DecryptionError) || error.reason === undefined) throw error;
          return toRefusedPayload(error.reason, error.message);
        }
      }),
    );
  }

  /**
   * Decrypts one payload after the other for a person who reads, whatever workflow they are for. What is not encrypted
   * stays as it is. What would be over the limit is never in memory.
   *
   * @param load gives a payload as it is stored; references cost nothing until then
   * @throws DecodedTooLargeError, DecryptionError, or what `load` throws
   */
  async revealWithin(
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

  /**
   * Decrypts for a person who reads, whatever workflow a payload is for. What is not encrypted stays as it is.
   *
   * @throws DecryptionError
   */
  async reveal(payloads: Payload[]): Promise<Payload[]> {
    return await Promise.all(
      payloads.map(async (payload) => (isEncrypted(payload) ? await this.#decrypt(payload) : payload)),
    );
  }

  /** Signs bytes that a client keeps and brings back. `isSigned` knows the signature of every process with the key. */
  sign(bytes: Uint8Array): Buffer {
    return signatureOf(this.#first, bytes);
  }

  isSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    return [...this.#keys.values()].some((key) => {
      const expected = signatureOf(key, bytes);
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    });
  }

  async #decryptFor(payload: Payload, workflowId: string | undefined): Promise<Payload> {
    if (!isEncrypted(payload)) throw new DecryptionError('a payload is not encrypted', 'plain');
    const owner = ownerOf(payload);
    if (owner === '') throw new DecryptionError('a payload is not encrypted for any workflow', 'foreign');
    if (owner !== workflowId)
      throw new DecryptionError(`a payload is encrypted for another workflow, ${quote(owner)}`, 'foreign');
    return await this.#decrypt(payload);
  }

  async #encrypt(payload: Payload, workflowId = ''): Promise<Payload> {
    const { id, key, nonceKey } = this.#first;
    const clear = PayloadProto.encode(payload).finish();
    const content = await pack(clear);
    const isLargeBody = clear.length >= ASIDE_FROM_BYTES && isRawBody(payload);
    const added = authenticated(id, workflowId);
    const iv = isLargeBody ? repeatableIv(nonceKey, added, content) : this.#ivs.next();
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(added);
    const parts = [iv, cipher.update(content), cipher.final(), cipher.getAuthTag()];
    const metadata: Payload['metadata'] = { encoding: bytes(ENCODING), [KEY_ID]: bytes(id) };
    if (workflowId !== '') metadata[WORKFLOW_ID] = bytes(workflowId);
    if (isLargeBody) metadata[CLEAR_BYTES] = bytes(`${clear.length}`);
    return { metadata, data: Buffer.concat(parts) };
  }

  async #decrypt(payload: Payload, maxBytes = Number.POSITIVE_INFINITY): Promise<Payload> {
    const id = text(payload.metadata?.[KEY_ID] ?? new Uint8Array());
    const key = this.#keys.get(id)?.key;
    if (key === undefined) {
      throw new DecryptionError(
        `a payload is encrypted under key ${quote(id)}, which SUREHOOK_ENCRYPTION_KEYS does not have`,
      );
    }
    try {
      const added = authenticated(id, ownerOf(payload));
      return PayloadProto.decode(await unpack(open(key, added, payload.data ?? new Uint8Array()), maxBytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' && maxBytes < BODY_MAX_BYTES)
        throw new DecodedTooLargeError('the payloads are too large together');
      throw new DecryptionError(
        `a payload encrypted under key ${quote(id)} is damaged, or the key of that id is another one`,
        'damaged',
      );
    }
  }
}

function derive(key: Uint8Array, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', use, 32)));
}

/** 128 bits cannot be guessed. */
function signatureOf({ signingKey }: LoadedKey, bytes: Uint8Array): Buffer {
  return createHmac('sha256', signingKey).update(bytes).digest().subarray(0, SIGNATURE_BYTES);
}

/**
 * The nonce of a large body is a digest of the body and its workflow: the same body is encrypted to the same bytes, and so
 * is one object in the storage, however often its sender sends it. Only of two bodies of one event does it show that
 * they are equal.
 */
function repeatableIv(nonceKey: KeyObject, added: Buffer, content: Buffer): Buffer {
  const hmac = createHmac('sha256', nonceKey).update(`${added.length}:`).update(added).update(content);
  return hmac.digest().subarray(0, IV_BYTES);
}

/** What GCM authenticates beside the content. Neither a key id nor a workflow id holds a zero byte. */
function authenticated(keyId: string, workflowId: string): Buffer {
  return Buffer.from(`${FORMAT}\0${keyId}\0${workflowId}`);
}

/** The workflow for which a payload says that it is encrypted; empty if it is for none. */
function ownerOf({ metadata }: Payload): string {
  return text(metadata?.[WORKFLOW_ID] ?? new Uint8Array());
}

/** Strangers may have written these ids, which go into the log. */
function quote(id: string): string {
  return `'${id.replace(/[^ -~]/g, '?').slice(0, 255)}'`;
}

/** Marks a payload that stays in this process, so that `decode` accepts it as it is. */
export function passHere(payload: Payload): Payload {
  return { ...payload, metadata: { ...payload.metadata, [HERE]: HERE_VALUE } };
}

/** @returns the payload without its mark, if this process has marked it */
function fromHere(payload: Payload): Payload | undefined {
  const mark = payload.metadata?.[HERE];
  if (!mark || !HERE_VALUE.equals(mark)) return undefined;
  const { [HERE]: _mark, ...metadata } = payload.metadata ?? {};
  return { ...payload, metadata };
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
function isLocalBody(payload: Payload, context: SerializationContext | undefined): boolean {
  return context?.type === 'activity' && context.isLocal && isRawBody(payload);
}

function isEncrypted({ metadata }: Payload): boolean {
  return metadata?.encoding !== undefined && text(metadata.encoding) === ENCODING;
}

function open(key: KeyObject, added: Buffer, data: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(added).setAuthTag(data.subarray(-TAG_BYTES));
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
