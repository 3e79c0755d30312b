// Describes the workflow of an id as long as it runs.
import { type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import type { Temporal } from './connection.ts';

/** @returns undefined if the latest run of this id has closed, or there is no run */
export async function describeRunning(
  { client }: Pick<Temporal, 'client'>,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    return description.status.name === 'RUNNING' ? description : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
