// How long a namespace keeps the runs that have closed.
import type { Temporal } from './connection.ts';

/** A storm of dead letters asks once. */
const KEPT_MS = 60_000;

/** In milliseconds. @throws if Temporal does not say */
export type ReadRetentionMs = () => Promise<number>;

export function createReadRetentionMs({ client, namespace }: Temporal): ReadRetentionMs {
  let known: { at: number; value: Promise<number> } | undefined;
  const read = async () => {
    const { config } = await client.workflowService.describeNamespace({ namespace });
    const { seconds } = config?.workflowExecutionRetentionTtl ?? {};
    if (!Number(seconds)) throw new Error(`namespace ${namespace} has no retention`);
    return Number(seconds) * 1_000;
  };
  return async () => {
    if (known === undefined || performance.now() - known.at > KEPT_MS) {
      const value = read();
      known = { at: performance.now(), value };
      value.catch(() => {
        known = undefined;
      });
    }
    return await known.value;
  };
}
