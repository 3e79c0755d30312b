// POST /jobs/{job_id}/pause, /resume and /cancel: changes a job, and answers once it has changed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { PAUSE_SIGNAL, RESUME_SIGNAL } from '../../../contracts/job.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { HttpError } from '../../http/errors.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { type JobStatus, type JobView, jobView } from './job-view.ts';
import { jobParams, readJob } from './read-job.ts';

/** A part of a job ends within this time, and then the job changes. The answer shows what the job is then. */
const CHANGED_WITHIN_MS = 4_000;
const POLL_MS = 100;

interface Change {
  verb: 'pause' | 'resume' | 'cancel';
  summary: string;
  wanted: JobStatus;
  request: (client: Client, workflowId: string) => Promise<unknown>;
}

function changeRoute({ verb, summary, wanted, request }: Change) {
  return route<OperatorDeps>()({
    method: 'post',
    path: `/jobs/{job_id}/${verb}`,
    summary,
    params: jobParams,
    answers: { 202: { description: 'The job once it has changed, or as it is after 4 s', view: jobView } },
    errors: ['job_not_found', 'job_ended'],
    async handle({ temporal, log }, { params: { job_id } }) {
      const before = await readJob(temporal, job_id);
      if (before.closed_at !== null) throw jobEnded(before);
      await request(temporal.client, before.workflow_id).catch(async (error) => {
        if (error instanceof WorkflowNotFoundError) throw jobEnded(await readJob(temporal, job_id));
        throw error;
      });
      log.info({ job_id, verb }, 'job change requested by an operator');
      return reply(202, await untilChanged(temporal, job_id, wanted));
    },
  });
}

export const pauseJobRoute = changeRoute({
  verb: 'pause',
  summary: 'Pause a job',
  wanted: 'paused',
  request: (client, id) => client.workflow.getHandle(id).signal(PAUSE_SIGNAL),
});

export const resumeJobRoute = changeRoute({
  verb: 'resume',
  summary: 'Resume a job',
  wanted: 'running',
  request: (client, id) => client.workflow.getHandle(id).signal(RESUME_SIGNAL),
});

export const cancelJobRoute = changeRoute({
  verb: 'cancel',
  summary: 'Cancel a job',
  wanted: 'canceled',
  request: (client, id) => client.workflow.getHandle(id).cancel(),
});

function jobEnded({ job_id, status }: JobView): HttpError {
  return new HttpError('job_ended', `job ${job_id} has ended: it is ${status}`, {
    members: { job_status: status },
  });
}

async function untilChanged(temporal: Temporal, jobId: string, wanted: JobStatus): Promise<JobView> {
  const deadline = Date.now() + CHANGED_WITHIN_MS;
  for (;;) {
    const job = await readJob(temporal, jobId);
    if (job.status === wanted || job.closed_at !== null || Date.now() > deadline) return job;
    await delay(POLL_MS);
  }
}
