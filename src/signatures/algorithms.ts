// The cryptography: MACs and public-key signatures over the parts of a signed string, without joining text and bytes as text.
import { createHash, createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { Hash, Key, SignatureEncoding } from './scheme.ts';

export type Parts = readonly (string | Uint8Array)[];

export const DIGEST_BYTES: Record<Hash, number> = { sha1: 20, sha256: 32, sha512: 64 };

/** @param key of a MAC: who verifies can also sign */
export function macText(
  key: Extract<Key, { bytes: Uint8Array }>,
  parts: Parts,
  hash: Hash,
  encoding: SignatureEncoding,
): string {
  const mac = key.algorithm === 'hmac' ? createHmac(hash, key.secret ?? key.bytes) : createHash(hash);
  for (const part of parts) mac.update(part);
  if (key.algorithm === 'appended-hash') mac.update(key.bytes);
  return mac.digest(encoding);
}

export function hmacText(
  key: Uint8Array,
  parts: Parts,
  encoding: SignatureEncoding,
  hash: Hash = 'sha256',
): string {
  return macText({ algorithm: 'hmac', bytes: key }, parts, hash, encoding);
}

/** Makes a check whether an encoded signature signs these parts with this key. Only its canonical text passes. */
export function signatureCheck(
  key: Key,
  parts: Parts,
  hash: Hash,
  encoding: SignatureEncoding,
): (signature: string) => boolean {
  if ('bytes' in key) {
    // Comparing texts leaves no second way to write a signature: no upper-case hex, no unpadded base64.
    const expected = Buffer.from(macText(key, parts, hash, encoding));
    return (signature) => isEqual(Buffer.from(signature), expected);
  }
  const content = joined(parts);
  return (signature) => {
    const bytes = Buffer.from(signature, encoding);
    return bytes.toString(encoding) === signature && verifyBytes(key, content, hash, bytes);
  };
}

/** Ed25519 has its hash in itself. */
export function verifyBytes(
  key: Extract<Key, { algorithm: 'ed25519' | 'ecdsa' | 'rsa' }>,
  content: Uint8Array,
  hash: Hash,
  signature: Uint8Array,
): boolean {
  try {
    return verify(key.algorithm === 'ed25519' ? null : hash, content, key.key, signature);
  } catch {
    return false; // a signature of another form than the key's
  }
}

function joined(parts: Parts): Uint8Array {
  const bytes = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  return bytes.length === 1 ? (bytes[0] as Uint8Array) : Buffer.concat(bytes);
}

/** In constant time for texts of one length; a length is no secret where both are of a fixed one. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** For texts whose length is a secret, too. */
export function isSameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
