// The schemas of names and secrets, which every part of the config file uses.
import { z } from 'zod';
import { SOURCE_NAME } from '../contracts/ids.ts';
import { NAME_MAX_LENGTH } from '../contracts/limits.ts';
import { SecretRef } from './secret.ts';

export const name = z
  .string()
  .regex(SOURCE_NAME, `expected lower-case letters, digits, - and _, at most ${NAME_MAX_LENGTH} characters`);

export const secretRef = z.custom<SecretRef>(
  (value) => value instanceof SecretRef || looksLikeSecretRef(value),
  { error: "expected secret('NAME'): secrets do not belong in the config file" },
);

export const secrets = z.array(secretRef).min(1, "expected at least one secret('NAME')");

/** A config file in another package may load another copy of this module, and so another class. */
function looksLikeSecretRef(value: unknown): boolean {
  return typeof value === 'object' && value?.constructor?.name === 'SecretRef' && 'name' in value;
}
