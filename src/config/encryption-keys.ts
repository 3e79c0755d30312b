// Parses SUREHOOK_ENCRYPTION_KEYS: `id:base64` pairs, separated by commas.
import { z } from 'zod';
import type { EncryptionKey, EncryptionKeys } from '../payloads/encryption-codec.ts';

/** The key length of AES-256. */
const KEY_BYTES = 32;
const HOW = 'make one with: echo "k1:$(openssl rand -base64 32)"';

/** The error messages never quote the value, which is secret. */
export const encryptionKeysSchema = z.string().transform((text, context): EncryptionKeys => {
  const [first, ...others] = text.split(',').map((pair) => toKey(pair.trim()));
  const ids = new Set([first, ...others].map((key) => key?.id));
  if (first && others.every((key) => key !== undefined) && ids.size === others.length + 1)
    return [first, ...others];
  const message = `expected id:base64 pairs of ${KEY_BYTES}-byte keys, each id once, separated by commas; ${HOW}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

function toKey(pair: string): EncryptionKey | undefined {
  const [, id, base64] = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/.exec(pair) ?? [];
  return id && base64 ? { id, key: Buffer.from(base64, 'base64') } : undefined;
}

/** The value of SUREHOOK_ENCRYPTION_KEYS that `surehook dev` makes. */
export function formatEncryptionKey(bytes: Buffer): string {
  return `dev:${bytes.toString('base64')}`;
}
