// Reads what an event leaves with Temporal: its history, and how often its state was written.
import { Connection } from '@temporalio/client';

/** Means over the latest 100 completed runs of a task queue. Open dead letters and jobs are not among them. */
export interface HistorySample {
  history_events: number;
  history_bytes: number;
  state_transitions: number;
}

const RUNS = 100;

export async function readHistories(address: string, taskQueue: string): Promise<HistorySample> {
  const connection = await Connection.connect({ address });
  const query = `TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Completed'`;
  const request = { namespace: 'default', query, pageSize: RUNS };
  const { executions } = await connection.workflowService.listWorkflowExecutions(request);
  await connection.close();
  const runs = executions ?? [];
  const mean = (name: 'historyLength' | 'historySizeBytes' | 'stateTransitionCount') =>
    runs.reduce((sum, run) => sum + Number(run[name]), 0) / runs.length;
  return {
    history_events: mean('historyLength'),
    history_bytes: mean('historySizeBytes'),
    state_transitions: mean('stateTransitionCount'),
  };
}
