// Encrypts every payload before it leaves the process: AES-256-GCM under the first key, any known key to decrypt.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Payload, type PayloadCodec, type SerializationContext, ValueError } from '@temporalio/common';
import { encode as bytes, decode as text } from '@temporalio/common/lib/encoding.js';
import proto from '@temporalio/proto';
import { isRawBody } from '../raw-body.ts';

export interface EncryptionKey {
  /** Stored beside each payload, in clear. */
  id: string;
  /** 32 bytes. */
  key: Uint8Array;
}

/** The first one encrypts, all decrypt. */
export type EncryptionKeys = readonly [EncryptionKey, ...EncryptionKey[]];

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
/** NIST SP 800-38D: 96 random bits a message, 128 bits of tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Below this, deflate saves less than its time costs. */
const COMPRESS_FROM_BYTES = 1_024;
/** Temporal takes no payload over 2 MB; a damaged or hostile one must not fill the memory. */
const INFLATED_MAX_BYTES = 16 * 1_024 * 1_024;

/** The first byte of what is encrypted. */
const PLAIN = 0;
const DEFLATED = 1;

/** A payload that cannot be read: its key is not known here, or it was altered. */
export class DecryptionError extends ValueError {
  override readonly name = 'DecryptionError';
}

const { Payload: PayloadProto } = proto.temporal.api.common.v1;

export class EncryptionCodec implements PayloadCodec {
  /** As objects: OpenSSL would set up raw bytes anew for each payload, three times as slow. */
  readonly #keys: ReadonlyMap<string, KeyObject>;
  readonly #first: { id: string; key: KeyObject };

  constructor(keys: EncryptionKeys) {
    const objects = keys.map(({ id, key }) => ({ id, key: createSecretKey(key) }));
    this.#first = objects[0] as (typeof objects)[number];
    this.#keys = new Map(objects.map(({ id, key }) => [id, key]));
  }

  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return payloads.map((payload) => (staysHere(payload, context) ? payload : this.#encrypt(payload)));
  }

  /** @throws DecryptionError */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.#decrypt(payload) : payload));
  }

  #encrypt(payload: Payload): Payload {
    const { id, key } = this.#first;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
    const [form, content] = pack(PayloadProto.encode(payload).finish());
    const parts = [
      iv,
      cipher.update(Uint8Array.of(form)),
      cipher.update(content),
      cipher.final(),
      cipher.getAuthTag(),
    ];
    return { metadata: { encoding: bytes(ENCODING), [KEY_ID]: bytes(id) }, data: Buffer.concat(parts) };
  }

  #decrypt({ metadata, data }: Payload): Payload {
    const id = text(metadata?.[KEY_ID] ?? new Uint8Array());
    const key = this.#keys.get(id);
    if (key === undefined) {
      throw new DecryptionError(
        `a payload is encrypted under key '${id}', which SUREHOOK_ENCRYPTION_KEYS does not have`,
      );
    }
    try {
      return PayloadProto.decode(unpack(open(key, id, data ?? new Uint8Array())));
    } catch {
      throw new DecryptionError(
        `a payload encrypted under key '${id}' is damaged, or the key of that id is another one`,
      );
    }
  }
}

/** A local activity gets its body from the workflow in this process; only what it returns is stored. */
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

function pack(content: Uint8Array): [form: number, content: Uint8Array] {
  if (content.length < COMPRESS_FROM_BYTES) return [PLAIN, content];
  return [DEFLATED, deflateRawSync(content, { level: 1 })];
}

function unpack(packed: Buffer): Uint8Array {
  const content = packed.subarray(1);
  return packed[0] === DEFLATED ? inflateRawSync(content, { maxOutputLength: INFLATED_MAX_BYTES }) : content;
}
