// Reads the body of an event from the first entry of its workflow's history, where the ingress put it.
import type { RawBody } from '../raw-body.ts';
import type { Temporal } from './connection.ts';

export type LoadBody = (execution: { workflowId: string; runId: string } | undefined) => Promise<RawBody>;

export function createLoadBody({ client, namespace, readPayloads }: Temporal): LoadBody {
  return async (execution) => {
    const request = { namespace, execution, maximumPageSize: 1 };
    const { history } = await client.workflowService.getWorkflowExecutionHistory(request);
    const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
    const [, body] = (await readPayloads(started?.input)) as [unknown, RawBody];
    return body;
  };
}
