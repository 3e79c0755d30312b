// The memo of a row of visibility's list, decrypted.
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { Temporal } from './connection.ts';
import type { ListedExecution } from './visibility.ts';

/** @returns nothing of it where the key that it is encrypted under is not known */
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
