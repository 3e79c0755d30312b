// A short digest of several parts, such as a client and its idempotency key.
import { createHash } from 'node:crypto';

/** Hexadecimal digits: 128 bits, which nobody guesses and no two keys share. */
const DIGITS = 32;

/** The lengths are digested, too: other parts with the same bytes in a row give another digest. */
export function digestOf(...parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, DIGITS);
}
