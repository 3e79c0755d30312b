// `surehook jobs`: lists, shows, pauses, resumes and cancels jobs through the operator API.
import type { ViewOf } from '../api/http/route.ts';
import type { JobView, JobWithRuns } from '../api/operator/jobs/job-view.ts';
import type { listJobsRoute } from '../api/operator/jobs/list-jobs.ts';
import type { showJobRoute } from '../api/operator/jobs/show-job.ts';
import type { OperatorClient } from './operator-client.ts';
import { table } from './text.ts';

export async function jobsList(
  client: OperatorClient,
  { json, limit, cursor }: { json?: boolean; limit?: string; cursor?: string },
): Promise<string> {
  const page = await client.get<ViewOf<typeof listJobsRoute>>('/jobs', { limit, cursor });
  if (json) return JSON.stringify(page, null, 2);
  if (page.items.length === 0) return 'No jobs.';
  const rows = page.items.map((job) => [
    job.started_at,
    job.job_id,
    job.action,
    job.status,
    `${job.done}/${job.matched}`,
    String(job.failed),
    filterText(job),
  ]);
  const more = page.next_cursor ? [`\nMore: --cursor ${page.next_cursor}`] : [];
  const head = ['STARTED', 'JOB', 'ACTION', 'STATUS', 'DONE', 'FAILED', 'FILTER'];
  return [table(head, rows), ...more].join('\n');
}

export async function jobsShow(
  client: OperatorClient,
  jobId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const job = await client.get<ViewOf<typeof showJobRoute>>(pathOf(jobId));
  return json ? JSON.stringify(job, null, 2) : jobLines(job);
}

export async function jobsChange(
  client: OperatorClient,
  verb: 'pause' | 'resume' | 'cancel',
  jobId: string,
  { json }: { json?: boolean },
): Promise<string> {
  const job = await client.post<JobView>(`${pathOf(jobId)}/${verb}`, '');
  return json ? JSON.stringify(job, null, 2) : jobLines(job);
}

export function jobLines(job: JobView | JobWithRuns): string {
  const { action, status, matched, started, skipped, failed, rate_per_second, failures } = job;
  const runs = 'runs' in job ? job.runs : undefined;
  const what = action === 'replay' ? 'replayed' : 'discarded';
  const lines = [
    `Job ${job.job_id}: ${action}, ${status}`,
    `  filter    ${filterText(job)}`,
    ...(job.reason ? [`  reason    ${job.reason}`] : []),
    `  matched   ${matched}`,
    `  ${what.padEnd(9)} ${started}, ${skipped} skipped (somebody else was first), ${failed} failed`,
    ...(runs && action === 'replay'
      ? [`  runs      ${runs.succeeded} processed, ${runs.processing} under way, ${runs.failed} failed again`]
      : []),
    `  rate      ${rate_per_second} per second`,
    `  started   ${job.started_at}`,
    ...(job.closed_at ? [`  ended     ${job.closed_at}`] : []),
    ...(job.eta ? [`  ends at   ${job.eta}, if nothing delays it`] : []),
  ];
  const reasons = failures.map(({ source, event_id, reason }) => `  ${source} ${event_id}: ${reason}`);
  return [...lines, ...(reasons.length > 0 ? ['Failures:', ...reasons] : [])].join('\n');
}

function filterText({ filter }: JobView): string {
  const parts = Object.entries(filter).map(([name, value]) => `${name}=${value}`);
  return parts.join(' ') || 'all';
}

function pathOf(jobId: string): string {
  return `/jobs/${encodeURIComponent(jobId)}`;
}
