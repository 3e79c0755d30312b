// Reads the memo of a row of visibility's list, and decrypts it.
import { DecryptionError } from '../payloads/encryption-codec.ts';
import type { Temporal } from './connection.ts';
import type { ListedExecution } from './visibility.ts';

/** @returns an empty object if the memo is refused, or this process does not know its key */
export async function readMemo<M extends object>(
  { readPayloads }: Temporal,
  { memo, execution }: ListedExecution,
): Promise<Partial<M>> {
  const fields = Object.entries(memo?.fields ?? {});
  try {
    const values = await readPayloads(
      { payloads: fields.map(([, payload]) => payload) },
      execution?.workflowId ?? '',
    );
    return Object.fromEntries(fields.map(([name], i) => [name, values[i]])) as Partial<M>;
  } catch (error) {
    if (error instanceof DecryptionError) return {};
    throw error;
  }
}
