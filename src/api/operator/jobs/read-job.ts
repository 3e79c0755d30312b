// Reads one job from Temporal, by its id.
import { WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { JOB_ID, workflowIdOfJob } from '../../../contracts/ids.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { HttpError } from '../../http/errors.ts';
import { type JobView, toAction, toJobView } from './job-view.ts';

export const jobParams = z.object({ job_id: z.string().describe('a UUID') });

/** @throws HttpError `job_not_found` */
export async function readJob({ client }: Temporal, jobId: string): Promise<JobView> {
  const notFound = new HttpError('job_not_found', `there is no job ${jobId.slice(0, 100)}`);
  if (!JOB_ID.test(jobId)) throw notFound;
  const workflowId = workflowIdOfJob(jobId);
  try {
    const { type, status, closeTime, memo = {} } = await client.workflow.getHandle(workflowId).describe();
    if (toAction(type) === undefined) throw notFound;
    const closedAt = closeTime?.toISOString() ?? null;
    return toJobView({ jobId, workflowId, type, status: status.name, closedAt, memo });
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? notFound : error;
  }
}
