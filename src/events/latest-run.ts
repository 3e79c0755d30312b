// Finds the latest run of a workflow id by a raw service call: the client's own call also decodes the memo,
// whose key may be lost.
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import type { Temporal } from '../temporal/connection.ts';
import { isNotFound } from '../temporal/grpc-code.ts';
import { statusName } from '../temporal/visibility.ts';

export interface LatestRun {
  type: string;
  status: WorkflowExecutionStatusName;
  runId: string;
}

/** @returns undefined if the id has no run, or Temporal has deleted it */
export async function findLatestRun(
  { client, namespace }: Pick<Temporal, 'client' | 'namespace'>,
  workflowId: string,
): Promise<LatestRun | undefined> {
  try {
    const request = { namespace, execution: { workflowId } };
    const { workflowExecutionInfo: info } = await client.workflowService.describeWorkflowExecution(request);
    return {
      type: info?.type?.name ?? '',
      status: statusName(info ?? {}),
      runId: info?.execution?.runId ?? '',
    };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
