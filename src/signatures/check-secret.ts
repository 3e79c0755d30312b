// Says whether a scheme can use a secret, before any request depends on that secret.
import type { Key } from './scheme.ts';
import { findScheme, type SchemeName } from './schemes.ts';

type SecretUse = SchemeName | 'delivery';

/**
 * Says in one line why a secret cannot be used, without showing the secret; undefined if it can be used. Any length
 * passes, since the provider chooses its secrets.
 *
 * @param use the scheme that verifies with the secret, or `delivery` for a secret that signs what Surehook sends, where
 *   Standard Webhooks' rules hold (`whsec_` before base64, or plain text)
 * @throws TypeError for an unknown scheme
 */
export function checkSecret(use: SecretUse, secret: string): string | undefined {
  const key = use === 'delivery' ? decodeSigningKey('standard', secret) : decodeKey(use, secret);
  return typeof key === 'string' ? key : undefined;
}

/** @throws TypeError with `checkSecret`'s reason */
export function verifyingKey(scheme: SchemeName, secret: string): Key {
  return usable(decodeKey(scheme, secret), `the signature scheme '${scheme}'`);
}

/** @throws TypeError with `checkSecret`'s reason, or because the key is the public half of a pair */
export function signingKey(use: SecretUse, secret: string): Key {
  if (use === 'delivery') return usable(decodeSigningKey('standard', secret), 'deliveries');
  return usable(decodeSigningKey(use, secret), `signing as '${use}'`);
}

function decodeKey(scheme: SchemeName, secret: string): Key | string {
  // A caller in plain JavaScript may pass the undefined that `process.env` gave it.
  return typeof secret === 'string' ? findScheme(scheme).decodeKey(secret) : 'the secret is not a string';
}

function decodeSigningKey(scheme: SchemeName, secret: string): Key | string {
  const key = decodeKey(scheme, secret);
  if (typeof key === 'string' || key.algorithm === 'hmac-sha256') return key;
  return "a 'whpk_' key is public: it verifies and cannot sign";
}

function usable(key: Key | string, use: string): Key {
  if (typeof key === 'string') throw new TypeError(`A secret for ${use} cannot be used: ${key}.`);
  return key;
}
