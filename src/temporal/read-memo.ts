// Reads the memo of a row of visibility's list, and decrypts it.
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { Temporal } from './connection.ts';
import type { ListedExecution } from './visibility.ts';

/** @returns an empty object if this process does not know the key under which the memo is encrypted */
export async function readMemo<M extends object>(
  { readPayloads }: Temporal,
  { memo }: ListedExecution,
): Promise<Partial<M>> {
  const fields = Object.entries(memo?.fields ?? {});
  try {
    const values = await readPayloads({ payloads: fields.map(([, payload]) => payload) });
    return Object.fromEntries(fields.map(([name], i) => [name, values[i]])) as Partial<M>;
  } catch (error) {
    if (error instanceof DecryptionError) return {};
    throw error;
  }
}
