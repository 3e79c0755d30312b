// Reads the first entry of a run's history: what the run was started with.
import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { Temporal } from '../temporal/connection.ts';

type HistoryEvent = NonNullable<History['events']>[number];
export type Started = HistoryEvent['workflowExecutionStartedEventAttributes'];

/** @throws gRPC's NOT_FOUND if Temporal has deleted the run */
export async function readStarted(
  { client, namespace }: Pick<Temporal, 'client' | 'namespace'>,
  execution: { workflowId: string; runId: string } | undefined,
): Promise<Started> {
  const request = { namespace, execution, maximumPageSize: 1 };
  const { history } = await client.workflowService.getWorkflowExecutionHistory(request);
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes;
}
