// Reads the body of an event from the first entry of its workflow's history, where the ingress put it.
import type { LoadBody } from '../contracts/event.ts';
import type { RawBody } from '../payloads/raw-body.ts';
import type { Temporal } from '../temporal/connection.ts';

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
