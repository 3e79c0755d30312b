// The cryptography: HMAC and Ed25519 over the parts of a signed string, without joining text and bytes as text.
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { Key, SignatureEncoding } from './scheme.ts';

export type Parts = readonly (string | Uint8Array)[];

export function hmacText(key: Uint8Array, parts: Parts, encoding: SignatureEncoding): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
}

/** Makes a check whether an encoded signature signs these parts with this key. Only its canonical text passes. */
export function signatureCheck(
  key: Key,
  parts: Parts,
  encoding: SignatureEncoding,
): (signature: string) => boolean {
  switch (key.algorithm) {
    case 'hmac-sha256': {
      // Comparing texts leaves no second way to write a signature: no upper-case hex, no unpadded base64.
      const expected = Buffer.from(hmacText(key.bytes, parts, encoding));
      return (signature) => equalInConstantTime(Buffer.from(signature), expected);
    }
    case 'ed25519': {
      const publicKey = createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.bytes).toString('base64url') },
        format: 'jwk',
      });
      const content = Buffer.concat(
        parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
      );
      return (signature) => {
        const bytes = Buffer.from(signature, encoding);
        return bytes.toString(encoding) === signature && verify(null, content, publicKey, bytes);
      };
    }
  }
}

function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
