// A job as the API shows it: made of what Temporal knows of its workflow without a worker.
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import {
  JOB_TYPES,
  type JobAction,
  type JobFailure,
  type JobFilter,
  type JobMemo,
} from '../../../contracts/job.ts';

export type JobStatus = 'running' | 'paused' | 'completed' | 'canceled' | 'failed';

export interface JobView {
  job_id: string;
  action: JobAction;
  status: JobStatus;
  filter: JobFilter;
  from?: string;
  reason?: string;
  rate_per_second: number;
  /** Dead letters when it was asked for. */
  matched: number;
  done: number;
  started: number;
  skipped: number;
  failed: number;
  started_at: string;
  closed_at: string | null;
  /** At its rate, if it goes on without a pause. */
  eta: string | null;
  /** The first of those that could not be started. */
  failures: JobFailure[];
  workflow_id: string;
}

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

export function toJobView({ jobId, workflowId, type, status: ran, closedAt, memo }: JobRun): JobView {
  const { matched = 0, rate_per_second = 0, asked_at = '', filter = {}, failures = [] } = memo;
  const { started = 0, skipped = 0, failed = 0, paused = false } = memo.progress ?? {};
  const done = started + skipped + failed;
  const status = toJobStatus(ran, paused);
  return {
    job_id: jobId,
    action: toAction(type) as JobAction,
    status,
    filter,
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
  if (ratePerSecond === 0) return null; // its memo cannot be read
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
