// A job as the operator API shows it: made from Temporal's description of its workflow, so that no worker is needed.
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import { z } from 'zod';
import { JOB_TYPES, type JobAction, type JobMemo } from '../../../contracts/job.ts';

const jobStatusView = z.enum(['running', 'paused', 'completed', 'canceled', 'failed']);

export type JobStatus = z.output<typeof jobStatusView>;

const jobFields = {
  job_id: z.string(),
  action: z.enum(['replay', 'discard']),
  status: jobStatusView.describe('the status of the job, not of its items'),
  filter: z.record(z.string(), z.unknown()).describe('the filter as it was requested'),
  from: z.string().optional(),
  reason: z.string().optional(),
  rate_per_second: z.number(),
  matched: z.int().describe('dead letters when the job was requested'),
  done: z.int().describe('started, skipped and failed together'),
  started: z.int(),
  skipped: z.int().describe('dead letters that somebody else closed first'),
  failed: z.int().describe('dead letters that could not be replayed or discarded'),
  started_at: z.string(),
  closed_at: z.string().nullable(),
  eta: z.string().nullable().describe('when the job ends at its rate, without a pause'),
  failures: z
    .array(z.object({ source: z.string(), event_id: z.string(), reason: z.string() }))
    .describe('the first failures'),
  workflow_id: z.string(),
};

export const jobView = z.object(jobFields).meta({ id: 'Job' });

/** A job, and how the runs that it has started are doing or have ended. */
export const jobWithRunsView = z
  .object({
    ...jobFields,
    runs: z.object({
      processing: z.int(),
      succeeded: z.int().describe('processed, or discarded'),
      failed: z.int(),
      canceled: z.int(),
    }),
  })
  .meta({ id: 'JobWithRuns' });

export type JobView = z.output<typeof jobView>;
export type JobWithRuns = z.output<typeof jobWithRunsView>;

export interface JobRun {
  jobId: string;
  workflowId: string;
  type: string;
  status: WorkflowExecutionStatusName;
  closedAt: string | null;
  memo: Partial<JobMemo>;
}

export function toAction(type: string): JobAction | undefined {
  return (Object.keys(JOB_TYPES) as JobAction[]).find((action) => JOB_TYPES[action] === type);
}

export function toJobView({ jobId, workflowId, type, status: runStatus, closedAt, memo }: JobRun): JobView {
  const { matched = 0, rate_per_second = 0, asked_at = '', filter = {}, failures = [] } = memo;
  const { started = 0, skipped = 0, failed = 0, paused = false } = memo.progress ?? {};
  const done = started + skipped + failed;
  const status = toJobStatus(runStatus, paused);
  return {
    job_id: jobId,
    action: toAction(type) as JobAction,
    status,
    filter: { ...filter },
    ...(memo.from ? { from: memo.from } : {}),
    ...(memo.reason ? { reason: memo.reason } : {}),
    ...{ rate_per_second, matched, done, started, skipped, failed },
    started_at: asked_at,
    closed_at: closedAt,
    eta: status === 'running' ? toEta(matched - done, rate_per_second) : null,
    failures,
    workflow_id: workflowId,
  };
}

function toEta(left: number, ratePerSecond: number): string | null {
  if (ratePerSecond === 0) return null; // the memo of the job cannot be read
  return new Date(Date.now() + (Math.max(0, left) * 1_000) / ratePerSecond).toISOString();
}

function toJobStatus(status: WorkflowExecutionStatusName, paused: boolean): JobStatus {
  switch (status) {
    case 'COMPLETED':
      return 'completed';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'canceled';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    default:
      return paused ? 'paused' : 'running';
  }
}
