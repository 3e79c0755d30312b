// Signals the progress of a task to its workflow.
import { PROGRESS_SIGNAL, type ReportProgress, type ShownProgress } from '../contracts/task.ts';
import type { Temporal } from '../temporal/connection.ts';

export function createReportProgress({ client }: Pick<Temporal, 'client'>): ReportProgress {
  return async ({ workflowId, runId }, progress) =>
    await client.workflow.getHandle(workflowId, runId).signal<[ShownProgress]>(PROGRESS_SIGNAL, progress);
}
