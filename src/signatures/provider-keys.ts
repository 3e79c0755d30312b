// Certificates and keys that a request names by address or id: read once, checked, and kept.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { jwkKey, publicKey } from './keys.ts';
import type { JsonWebKeyLike, Key } from './scheme.ts';

type PublicKey = Extract<Key, { algorithm: 'ed25519' | 'ecdsa' | 'rsa' }>;

interface ReadCertificate {
  key: PublicKey;
  fromSeconds: number;
  toSeconds: number;
}

/** A provider has one or two certificates at a time. */
const CERTIFICATES_MAX = 100;
const certificates = new Map<string, ReadCertificate | string>();

/**
 * The chain is not followed: what is trusted is the https connection to the provider's own host, from which the
 * certificate was fetched. A certificate from elsewhere is as good as the place where its text was found.
 *
 * @param pem the first certificate of the text counts
 * @returns the key, or what is wrong with the certificate, in words that begin with a verb
 */
export function certificateKey(pem: string, nowSeconds: number): PublicKey | string {
  let read = certificates.get(pem);
  if (read === undefined) {
    read = readCertificate(pem);
    if (certificates.size >= CERTIFICATES_MAX) certificates.clear();
    certificates.set(pem, read);
  }
  if (typeof read === 'string') return read;
  if (nowSeconds < read.fromSeconds) return 'is not valid yet';
  return nowSeconds > read.toSeconds ? 'has expired' : read.key;
}

function readCertificate(pem: string): ReadCertificate | string {
  try {
    const { publicKey: key, validFrom, validTo } = new X509Certificate(pem);
    const checked = publicKey(key.export({ type: 'spki', format: 'pem' }).toString(), 'rsa');
    if (typeof checked === 'string' || 'bytes' in checked) return `cannot be used: ${String(checked)}`;
    return {
      key: checked,
      fromSeconds: Date.parse(validFrom) / 1000,
      toSeconds: Date.parse(validTo) / 1000,
    };
  } catch {
    return 'is no certificate in PEM';
  }
}

/** The keys live as long as the objects that the caller keeps. */
const jwks = new WeakMap<JsonWebKeyLike, Map<string, Key | string>>();

/** @returns the key, or why it cannot be used */
export function keptJwk(jwk: JsonWebKeyLike, algorithm: 'ecdsa' | 'rsa'): PublicKey | string {
  const read = jwks.get(jwk) ?? new Map<string, Key | string>();
  jwks.set(jwk, read);
  const key = read.get(algorithm) ?? jwkKey(jwk, algorithm);
  read.set(algorithm, key);
  return key as PublicKey | string;
}

/**
 * Finds the key in what a provider has sent for a `KeyQuery`: a JSON Web Key Set, a single key under `key`, or its PEM.
 *
 * @returns undefined if it is not there
 */
export function readKey(json: unknown, keyId: string): JsonWebKeyLike | undefined {
  if (!isObject(json)) return undefined;
  if (Array.isArray(json.keys)) {
    return json.keys.find((key): key is JsonWebKeyLike => isObject(key) && key.kid === keyId);
  }
  if (isObject(json.key)) {
    const { kid, expired_at: expired } = json.key;
    // Plaid marks a key that it no longer signs with.
    return (kid === undefined || kid === keyId) && (expired ?? null) === null ? json.key : undefined;
  }
  if (typeof json.key !== 'string') return undefined;
  // eBay's PEM comes on one line.
  const base64 = json.key.replaceAll(/-----(BEGIN|END) PUBLIC KEY-----|\s/g, '');
  try {
    const der = Buffer.from(base64, 'base64');
    return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({
      format: 'jwk',
    }) as JsonWebKeyLike;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
