// GET /jobs/{job_id}: one job, and how the runs that it has started are doing or have ended.
import { SEARCH_ATTRIBUTES } from '../../../contracts/search-attributes.ts';
import type { Temporal } from '../../../temporal/connection.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { type JobWithRuns, jobWithRunsView } from './job-view.ts';
import { jobParams, readJob } from './read-job.ts';

type RunCounts = JobWithRuns['runs'];

export const showJobRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/jobs/{job_id}',
  summary: 'One job',
  params: jobParams,
  answers: { 200: { description: 'The job, and the counts of its runs by status', view: jobWithRunsView } },
  errors: ['job_not_found'],
  async handle({ temporal }, { params: { job_id } }) {
    const job = await readJob(temporal, job_id);
    return reply(200, { ...job, runs: await countRuns(temporal, job_id) });
  },
});

/** The condition of a visibility query that finds the runs of a job. */
export const ofJob = (jobId: string) => `${SEARCH_ATTRIBUTES.job.name} = '${jobId}'`;

/** Counts by one query, however many runs there are. */
async function countRuns({ client }: Temporal, jobId: string): Promise<RunCounts> {
  const { groups } = await client.workflow.count(`${ofJob(jobId)} GROUP BY ExecutionStatus`);
  const counts: RunCounts = { processing: 0, succeeded: 0, failed: 0, canceled: 0 };
  for (const { count, groupValues } of groups)
    counts[OUTCOMES[String(groupValues[0])] ?? 'canceled'] += count;
  return counts;
}

const OUTCOMES: Record<string, keyof RunCounts> = {
  Running: 'processing',
  Completed: 'succeeded',
  Failed: 'failed',
  TimedOut: 'failed',
};
