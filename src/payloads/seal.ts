// Seals bytes with AES-256-GCM, opens them, and signs; derives a key for each of these uses from one key.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';

/** The bytes of a signature of `sign`. */
export const SIGNATURE_BYTES = 16;
/** NIST SP 800-38D: 96 random bits per message, 128 bits of tag. */
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface LoadedKey {
  id: string;
  /** A key object: OpenSSL would set up raw bytes anew for each payload, which is three times as slow. */
  key: KeyObject;
  /** Derives the nonces of large bodies. */
  nonceKey: KeyObject;
  /** Signs what is not secret. */
  signingKey: KeyObject;
}

/** @param key 32 bytes */
export function loadKey(id: string, key: Uint8Array): LoadedKey {
  return {
    id,
    key: createSecretKey(key),
    nonceKey: derive(key, 'surehook large bodies'),
    signingKey: derive(key, 'surehook signatures'),
  };
}

function derive(key: Uint8Array, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, '', use, 32)));
}

/** 128 bits cannot be guessed. */
export function signatureOf({ signingKey }: LoadedKey, bytes: Uint8Array): Buffer {
  return createHmac('sha256', signingKey).update(bytes).digest().subarray(0, SIGNATURE_BYTES);
}

/**
 * The nonce of a large body is a digest of the body and its workflow: the same body is encrypted to the same bytes, and so
 * is one object in the storage, however often its sender sends it. Only of two bodies of one event does it show that
 * they are equal.
 */
export function repeatableIv(nonceKey: KeyObject, added: Buffer, content: Buffer): Buffer {
  const hmac = createHmac('sha256', nonceKey).update(`${added.length}:`).update(added).update(content);
  return hmac.digest().subarray(0, IV_BYTES);
}

/**
 * Gets random bytes in blocks, since one call for random bytes costs more than encrypting a small payload. `next` gives
 * a copy, which the next fill of the block does not reach.
 */
export class RandomIvs {
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

/** @param added what is authenticated beside the content */
export function seal(key: KeyObject, iv: Buffer, added: Buffer, content: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(added);
  return Buffer.concat([iv, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
}

/** What authenticates sealed bytes. Fewer than its 16 bytes if these bytes are not sealed. */
export function tagOf(data: Uint8Array): Uint8Array {
  return data.subarray(-TAG_BYTES);
}

/** @throws Error if the bytes were not sealed with this key and this addition */
export function open(key: KeyObject, added: Buffer, data: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(added).setAuthTag(tagOf(data));
  return Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
