// Reads an event's body from where the ingress put it: the first entry of its run's history, or the storage.
import type { LoadBody } from '../contracts/event.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readStarted } from './read-started.ts';

export function createLoadBody(temporal: Temporal): LoadBody {
  const { readPayloads, storage } = temporal;
  return async (execution, stored) => {
    if (stored && storage) {
      const payloads = [await storage.fetch(stored.key)];
      return (await readPayloads({ payloads }, execution?.workflowId ?? ''))[0] as RawBody;
    }
    const started = await readStarted(temporal, execution);
    const [, body] = (await readPayloads(started?.input, execution?.workflowId ?? '')) as [unknown, RawBody];
    return body;
  };
}
