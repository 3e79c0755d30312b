// Parses SUREHOOK_API_KEYS: `client:key` pairs, separated by commas. A client may have two, while it changes from one to the other.
import { z } from 'zod';
import { SOURCE_NAME } from '../contracts/ids.ts';

export interface ApiKey {
  client: string;
  key: string;
}

const KEYS_PER_CLIENT_MAX = 2;
/** A shorter key might be guessed. */
const KEY = /^[\x21-\x2b\x2d-\x7e]{16,200}$/;

/** The error messages never quote the value, which is secret. */
export const apiKeysSchema = z.string().transform((text, context): readonly ApiKey[] => {
  const keys = text.split(',').map((pair) => toApiKey(pair.trim()));
  const fault = faultOf(keys);
  if (fault === undefined) return keys as ApiKey[];
  context.addIssue({ code: 'custom', message: fault });
  return z.NEVER;
});

function toApiKey(pair: string): ApiKey | undefined {
  const colon = pair.indexOf(':');
  const [client, key] = [pair.slice(0, colon), pair.slice(colon + 1)];
  return colon > 0 && SOURCE_NAME.test(client) && KEY.test(key) ? { client, key } : undefined;
}

function faultOf(keys: (ApiKey | undefined)[]): string | undefined {
  if (!keys.every((key) => key !== undefined)) {
    return 'expected client:key pairs, separated by commas: a client has lower-case letters, digits, - and _; a key has at least 16 visible ASCII characters; make one with: openssl rand -hex 32';
  }
  const all = keys as ApiKey[];
  if (new Set(all.map(({ key }) => key)).size < all.length) return 'the same key stands there twice';
  const many = all.find(
    ({ client }) => all.filter((other) => other.client === client).length > KEYS_PER_CLIENT_MAX,
  );
  return many && `client ${many.client} has more than ${KEYS_PER_CLIENT_MAX} keys`;
}
