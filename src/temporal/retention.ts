// Reads how long a namespace keeps closed runs, for dead letters, and sets it in dev.
import type { ConnectionLike } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { ReadRetentionMs } from '../contracts/dead-letter.ts';
import type { Temporal } from './connection.ts';

type Namespace = Awaited<ReturnType<ConnectionLike['workflowService']['describeNamespace']>>;

/** Milliseconds for which a namespace keeps a closed run; 0 if the namespace does not say. */
export function retentionMsOf({ config }: Namespace): number {
  return Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1_000;
}

/** A storm of dead letters asks Temporal only once in this time. */
const KEPT_MS = 60_000;

export function createReadRetentionMs({ client, namespace }: Temporal): ReadRetentionMs {
  let known: { at: number; value: Promise<number> } | undefined;
  const read = async () => {
    const retentionMs = retentionMsOf(await client.workflowService.describeNamespace({ namespace }));
    if (retentionMs === 0) throw new Error(`namespace ${namespace} has no retention`);
    return retentionMs;
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

/**
 * Sets how long closed workflows, and so the ids that deduplicate, are kept. Measured on server 1.29: a new dev
 * namespace has 1 day; a change survives restarts, does not touch search attributes, and holds for workflows that close
 * 2 s later or more.
 */
export async function setRetention(
  connection: Pick<ConnectionLike, 'workflowService'>,
  namespace: string,
  days: number,
): Promise<void> {
  const workflowExecutionRetentionTtl = msToTs(days * 86_400_000);
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
}
