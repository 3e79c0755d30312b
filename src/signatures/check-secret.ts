// Says whether a scheme can use a secret, before any request depends on that secret.
import { standardKey } from './keys.ts';
import type { Key, Scheme } from './scheme.ts';
import { findScheme, type HmacOptions, type SchemeName } from './schemes/index.ts';

type SecretUse = SchemeName | 'delivery';

/**
 * Says in one line why a secret cannot be used, without showing the secret; undefined if it can be used. Any length
 * passes, since the provider chooses its secrets.
 *
 * @param use the scheme that verifies with the secret, or `delivery` for a secret that signs what Surehook sends, where
 *   Standard Webhooks' rules hold (`whsec_` before base64, or plain text)
 * @param options of `hmac`, whose `secretEncoding` says what the text is
 * @throws TypeError for an unknown scheme
 */
export function checkSecret(use: SecretUse, secret: string, options: HmacOptions = {}): string | undefined {
  const key =
    use === 'delivery' ? decodeSigningKey(standardKey, secret) : decode(findScheme(use, options), secret);
  return typeof key === 'string' ? key : undefined;
}

/** Reading a public key takes as long as verifying with it, and a process has a handful of them. */
const KEYS_MAX = 200;
const keys = new WeakMap<Scheme['key'], Map<string, readonly Key[]>>();

/** @throws TypeError with `checkSecret`'s reason */
export function verifyingKeys(name: SchemeName, scheme: Scheme, secret: string): readonly Key[] {
  const form = scheme.otherKey ?? scheme.key;
  const known = keys.get(form) ?? new Map<string, readonly Key[]>();
  keys.set(form, known);
  const remembered = known.get(secret);
  if (remembered) return remembered;
  const key = usable(decode(scheme, secret), `the signature scheme '${name}'`);
  const other = scheme.otherKey?.(secret);
  const found = typeof other === 'object' ? [key, other] : [key];
  if (known.size >= KEYS_MAX) known.clear();
  known.set(secret, found);
  return found;
}

/** @throws TypeError with `checkSecret`'s reason, or because the key is the public half of a pair */
export function signingKey(
  use: SecretUse,
  secret: string,
  options: HmacOptions = {},
): Extract<Key, { bytes: Uint8Array }> {
  const form = use === 'delivery' ? standardKey : findScheme(use, options).key;
  const key = usable(
    decodeSigningKey(form, secret),
    use === 'delivery' ? 'deliveries' : `signing as '${use}'`,
  );
  return key as Extract<Key, { bytes: Uint8Array }>;
}

function decode(scheme: Scheme, secret: string): Key | string {
  // A caller in plain JavaScript may pass the undefined that `process.env` gave it.
  return typeof secret === 'string' ? scheme.key(secret) : 'the secret is not a string';
}

function decodeSigningKey(form: Scheme['key'], secret: string): Key | string {
  const key = typeof secret === 'string' ? form(secret) : 'the secret is not a string';
  if (typeof key === 'string' || 'bytes' in key) return key;
  const name = secret.startsWith('whpk_') ? "a 'whpk_' key" : 'this key';
  return `${name} is public: it verifies and cannot sign`;
}

function usable(key: Key | string, use: string): Key {
  if (typeof key === 'string') throw new TypeError(`A secret for ${use} cannot be used: ${key}.`);
  return key;
}
