// Turns a configured secret into the key it stands for, or into the reason why it cannot be used.
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import type { Key, KeyForm } from './scheme.ts';

const ED25519_PUBLIC_KEY_BYTES = 32;

const isBlank = (secret: string) => secret.trim() === '';
const hmac = (bytes: Uint8Array): Key => ({ algorithm: 'hmac', bytes, secret: createSecretKey(bytes) });

/** Takes the whole text as the key. For Stripe, `whsec_` is part of the key. */
export function textKey(secret: string): Key | string {
  if (isBlank(secret)) return 'the secret is empty';
  return hmac(Buffer.from(secret, 'utf8'));
}

/** EasyPost normalises the secret before it signs, as its client libraries do. */
export function nfkdTextKey(secret: string): Key | string {
  return textKey(secret.normalize('NFKD'));
}

export function base64Key(secret: string): Key | string {
  if (isBlank(secret)) return 'the secret is empty';
  const bytes = decodeBase64(secret);
  return bytes ? hmac(bytes) : 'the secret is not padded base64';
}

export function hexKey(secret: string): Key | string {
  if (isBlank(secret)) return 'the secret is empty';
  if (secret.length % 2 === 1 || !/^[0-9a-fA-F]+$/.test(secret)) return 'the secret is not hex';
  return hmac(Buffer.from(secret, 'hex'));
}

export function appendedKey(secret: string): Key | string {
  const key = textKey(secret);
  return typeof key === 'string' || !('bytes' in key)
    ? key
    : { algorithm: 'appended-hash', bytes: key.bytes };
}

/** Reads keys as Standard Webhooks serialises them: `whsec_` and `whpk_` with base64; anything else is raw text. */
export function standardKey(secret: string): Key | string {
  if (secret.startsWith('v1,whsec_')) return "the secret begins at 'whsec_'; leave out the 'v1,' before it";
  if (secret.startsWith('whsec_')) {
    const bytes = decodeBase64(secret.slice('whsec_'.length));
    return bytes ? hmac(bytes) : "what follows 'whsec_' is not padded base64";
  }
  if (secret.startsWith('whpk_')) {
    const bytes = decodeBase64(secret.slice('whpk_'.length));
    if (bytes?.length !== ED25519_PUBLIC_KEY_BYTES)
      return "what follows 'whpk_' is not padded base64 of 32 bytes";
    return ed25519(bytes);
  }
  if (secret.startsWith('whsk_')) {
    return "'whsk_' marks the private half of an Ed25519 pair; verify with its 'whpk_' half";
  }
  return textKey(secret);
}

/** The 32 bytes of the public key in `hex` or `base64`, or the key as PEM. */
export function ed25519Key(encoding: 'hex' | 'base64'): KeyForm {
  return (secret) => {
    if (isBlank(secret)) return 'the secret is empty';
    if (isPem(secret)) return publicKey(secret, 'ed25519');
    const bytes = encoding === 'hex' ? decodeHex(secret) : decodeBase64(secret);
    if (bytes?.length !== ED25519_PUBLIC_KEY_BYTES)
      return `the public key is neither PEM nor ${encoding === 'hex' ? 'hex' : 'padded base64'} of 32 bytes`;
    return ed25519(bytes);
  };
}

/** A public key as PEM, or as the base64 of its DER (SubjectPublicKeyInfo), as dashboards show it. */
export function publicKeyForm(algorithm: 'ecdsa' | 'rsa'): KeyForm {
  return (secret) => (isBlank(secret) ? 'the secret is empty' : publicKey(secret, algorithm));
}

const isPem = (text: string) => text.includes('-----BEGIN ');

const OF_TYPE: Record<string, 'ecdsa' | 'rsa' | 'ed25519'> = { ec: 'ecdsa', rsa: 'rsa', ed25519: 'ed25519' };
/** The curve of every provider here. */
const CURVE = 'prime256v1';
const RSA_BITS_MIN = 1_024;

/**
 * @param text PEM of a public key or certificate, or base64 of a public key's DER
 * @returns the key, or why it cannot be used
 */
export function publicKey(text: string, algorithm: 'ecdsa' | 'rsa' | 'ed25519'): Key | string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return 'the secret is a private key; verify with its public half';
  try {
    const der = isPem(text) ? undefined : decodeBase64(text.replaceAll(/\s/g, ''));
    if (!isPem(text) && !der) return 'the public key is neither PEM nor padded base64 of its DER form';
    const key = createPublicKey(
      der ? { key: Buffer.from(der), format: 'der', type: 'spki' } : { key: text, format: 'pem' },
    );
    return ofAlgorithm(key, algorithm);
  } catch {
    return 'the public key cannot be read';
  }
}

/** @param jwk RFC 7517; its own `alg` and `use` are not believed: the scheme says what it is for */
export function jwkKey(jwk: unknown, algorithm: 'ecdsa' | 'rsa'): Key | string {
  try {
    // biome-ignore lint/suspicious/noExplicitAny: the types know only well-formed keys
    return ofAlgorithm(createPublicKey({ key: jwk as any, format: 'jwk' }), algorithm);
  } catch {
    return 'the key cannot be read';
  }
}

function ofAlgorithm(key: KeyObject, algorithm: 'ecdsa' | 'rsa' | 'ed25519'): Key | string {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details = {} } = key;
  if (OF_TYPE[type] !== algorithm)
    return `the key is of type ${type}, and the scheme signs with ${algorithm}`;
  if (algorithm === 'ecdsa' && details.namedCurve !== CURVE) return 'the key is not on the curve P-256';
  if (algorithm === 'rsa' && (details.modulusLength ?? 0) < RSA_BITS_MIN)
    return `the key has fewer than ${RSA_BITS_MIN} bits`;
  return { algorithm, key };
}

function ed25519(bytes: Uint8Array): Key {
  const x = Buffer.from(bytes).toString('base64url');
  return {
    algorithm: 'ed25519',
    key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  };
}

/** Requires padding, as the Standard Webhooks libraries do: without padding, the other side could not use the key. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(text);
  return isBase64 ? Buffer.from(text, 'base64') : undefined;
}

function decodeHex(text: string): Uint8Array | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}
