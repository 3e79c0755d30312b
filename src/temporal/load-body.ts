// Reads the body of an event from the first entry of its workflow's history, where the ingress put it.
import type { RawBody, StoredBody } from '../raw-body.ts';
import type { Temporal } from './connection.ts';

/** @param stored is given by the workflow where the body is not in Temporal */
export type LoadBody = (
  execution: { workflowId: string; runId: string } | undefined,
  stored?: StoredBody,
) => Promise<RawBody>;

export function createLoadBody({ client, namespace, readPayloads, storage }: Temporal): LoadBody {
  return async (execution, stored) => {
    if (stored && storage) {
      const [body] = (await readPayloads({ payloads: [await storage.fetch(stored.key)] })) as [RawBody];
      return body;
    }
    const request = { namespace, execution, maximumPageSize: 1 };
    const { history } = await client.workflowService.getWorkflowExecutionHistory(request);
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [, body] = (await readPayloads(started?.input)) as [unknown, RawBody];
    return body;
  };
}
