// The operator API of jobs: starts one over many dead letters, shows it and its items, pauses, resumes and cancels it.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { JOB_ID, parseJobId, workflowIdOfJob } from '../../../contracts/ids.ts';
import {
  JOB_TYPES,
  type JobAction,
  type JobInput,
  type JobMemo,
  PAUSE_SIGNAL,
  RESUME_SIGNAL,
  type RunJob,
} from '../../../contracts/job.ts';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { countDeadLetters } from '../../../dead-letters/count.ts';
import { listDeadLetters } from '../../../dead-letters/list.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { readMemo } from '../../../temporal/read-memo.ts';
import { statusName, toTime } from '../../../temporal/visibility.ts';
import { HttpError } from '../../http/errors.ts';
import { type JobRequest, parseJob } from '../dead-letters/dead-letter-requests.ts';
import type { OperatorDeps } from '../deps.ts';
import { pageParameters, parseQuery, toCursor } from '../list-parameters.ts';
import { countItems, listItems } from './job-items.ts';
import { type JobStatus, type JobView, toAction, toJobView } from './job-view.ts';

const SAMPLE_SIZE = 5;
/** A part of a job ends within this; the answer says what it is then. */
const CHANGED_WITHIN_MS = 4_000;
const POLL_MS = 100;
const listParameters = z.strictObject(pageParameters);

/** Answers a request to replay or discard many: a dry run, or the id of the job. */
export async function startJob(
  deps: OperatorDeps,
  action: JobAction,
  request: Request,
  response: Response,
): Promise<void> {
  const { dry_run, ...job } = await parseJob(request, response, action);
  const conditions = toConditions(job.filter);
  const matched = await countDeadLetters(deps.temporal, job.filter);
  if (dry_run) {
    const page = { limit: SAMPLE_SIZE, pageToken: undefined };
    const { items: sample } = await listDeadLetters(deps.temporal, conditions, page);
    return void response.json({ matched, dry_run, sample });
  }
  const job_id = randomUUID();
  await start(deps, action, { ...job, job_id, conditions, matched });
  deps.log.info({ job_id, action, filter: job.filter, matched }, 'job started by an operator');
  response.status(202).location(`/jobs/${job_id}`).json({ job_id, matched });
}

async function start(
  { temporal: { client }, taskQueue }: OperatorDeps,
  action: JobAction,
  input: JobInput & Omit<JobRequest, 'dry_run'>,
): Promise<void> {
  const { job_id, filter, matched, rate_per_second, from, reason } = input;
  const memo: JobMemo = {
    ...{ filter, matched, rate_per_second, failures: [] },
    ...{ ...(from ? { from } : {}), ...(reason ? { reason } : {}) },
    asked_at: new Date().toISOString(),
    progress: { started: 0, skipped: 0, failed: 0, paused: false, pass: 1 },
  };
  await client.workflow.start<RunJob>(JOB_TYPES[action], {
    workflowId: workflowIdOfJob(job_id),
    taskQueue,
    args: [input],
    memo: { ...memo },
    staticSummary: `${action} ${matched} dead letters, ${rate_per_second} per second`,
  });
}

type OneJob = Request<{ job_id: string }>;

export function createJobRouter(deps: OperatorDeps): Router {
  const { temporal, log } = deps;
  const router = Router();
  router.get('/', async ({ query }, response) => {
    response.json(await listJobs(temporal, query));
  });
  router.get('/:job_id', async ({ params: { job_id } }: OneJob, response) => {
    const job = await readJob(temporal, job_id);
    response.json({ ...job, runs: await countItems(temporal, job_id) });
  });
  router.get('/:job_id/items', async ({ params: { job_id }, query }: OneJob, response) => {
    await readJob(temporal, job_id);
    response.json(await listItems(temporal, job_id, query));
  });
  const changes: [verb: string, wanted: JobStatus, tell: (id: string) => Promise<unknown>][] = [
    ['pause', 'paused', (id) => temporal.client.workflow.getHandle(id).signal(PAUSE_SIGNAL)],
    ['resume', 'running', (id) => temporal.client.workflow.getHandle(id).signal(RESUME_SIGNAL)],
    ['cancel', 'canceled', (id) => temporal.client.workflow.getHandle(id).cancel()],
  ];
  for (const [verb, wanted, tell] of changes) {
    router.post(`/:job_id/${verb}`, async ({ params: { job_id } }: OneJob, response) => {
      const before = await readJob(temporal, job_id);
      if (before.closed_at !== null) throw ended(before);
      await tell(before.workflow_id);
      log.info({ job_id, verb }, 'job told by an operator');
      response.status(202).json(await untilChanged(temporal, job_id, wanted));
    });
  }
  return router;
}

function ended({ job_id, status }: JobView): HttpError {
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

async function readJob({ client }: Temporal, jobId: string): Promise<JobView> {
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

async function listJobs(temporal: Temporal, query: unknown) {
  const { limit, cursor } = parseQuery(listParameters, query);
  const types = Object.values(JOB_TYPES)
    .map((type) => `'${type}'`)
    .join(', ');
  const page = await temporal.client.workflowService.listWorkflowExecutions({
    namespace: temporal.namespace,
    pageSize: limit,
    query: `WorkflowType IN (${types}) AND ExecutionStatus != 'ContinuedAsNew'`,
    nextPageToken: cursor,
  });
  const jobs = (page.executions ?? []).map(async (row) => {
    const workflowId = row.execution?.workflowId ?? '';
    const memo = await readMemo<JobMemo>(temporal, row);
    const ids = { jobId: parseJobId(workflowId) ?? workflowId, workflowId, type: row.type?.name ?? '' };
    return toJobView({ ...ids, status: statusName(row), closedAt: toTime(row.closeTime), memo });
  });
  const next_cursor = page.nextPageToken?.length ? toCursor(page.nextPageToken) : null;
  return { items: await Promise.all(jobs), next_cursor };
}
