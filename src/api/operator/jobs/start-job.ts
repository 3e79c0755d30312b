// POST /dead-letters/replay and /dead-letters/discard: starts a job over many dead letters, or shows what it would take.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { workflowIdOfJob } from '../../../contracts/ids.ts';
import {
  JOB_TYPES,
  type JobAction,
  type JobInput,
  type JobMemo,
  RATE_DEFAULT,
  RATE_MAX,
  type RunJob,
} from '../../../contracts/job.ts';
import { MACHINERY } from '../../../contracts/search-attributes.ts';
import { toConditions } from '../../../dead-letters/conditions.ts';
import { countDeadLetters } from '../../../dead-letters/count.ts';
import { listDeadLetters } from '../../../dead-letters/list.ts';
import { HttpError } from '../../http/errors.ts';
import { deadLetterFilter } from '../../http/parameters.ts';
import { reply, route } from '../../http/route.ts';
import { ACTION_BODY_MAX_BYTES, fromField, reasonField } from '../dead-letters/action-bodies.ts';
import { deadLetterItemView } from '../dead-letters/dead-letter-view.ts';
import type { OperatorDeps } from '../deps.ts';
import { findUnknownName } from '../known-names.ts';

const SAMPLE_SIZE = 5;
const RATE = `expected a number from 1 to ${RATE_MAX}`;

const jobBody = {
  filter: z
    .strictObject(deadLetterFilter, {
      error: ({ code }) =>
        code === 'invalid_type' ? 'expected an object; {} is every dead letter' : undefined,
    })
    .describe('`{}` matches every dead letter'),
  rate_per_second: z.number(RATE).min(1, RATE).max(RATE_MAX, RATE).default(RATE_DEFAULT),
  dry_run: z
    .boolean('expected true or false')
    .describe('start nothing, and show what the job would take')
    .default(false),
};

const matchesView = z
  .object({
    matched: z.int(),
    dry_run: z.literal(true),
    sample: z.array(deadLetterItemView).describe('the first dead letters that match'),
  })
  .meta({ id: 'JobDryRun' });

const startedView = z.object({ job_id: z.string(), matched: z.int() }).meta({ id: 'JobStarted' });

export type JobDryRun = z.output<typeof matchesView>;
export type JobStarted = z.output<typeof startedView>;

const answers = {
  200: { description: 'With `dry_run`: what the job would take', view: matchesView },
  202: {
    description: 'The job has started',
    view: startedView,
    headers: { location: 'the path of the job' },
  },
} as const;
const errors = ['invalid_json', 'payload_too_large'] as const;

export const replayManyRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/dead-letters/replay',
  summary: 'Replay many dead letters',
  body: { schema: z.strictObject({ ...jobBody, from: fromField }), limit: ACTION_BODY_MAX_BYTES },
  answers,
  errors,
  handle: async (deps, { body, request }) =>
    await startJob(deps, 'replay', body, request.baseUrl + request.path),
});

export const discardManyRoute = route<OperatorDeps>()({
  method: 'post',
  path: '/dead-letters/discard',
  summary: 'Discard many dead letters',
  body: { schema: z.strictObject({ ...jobBody, reason: reasonField }), limit: ACTION_BODY_MAX_BYTES },
  answers,
  errors,
  handle: async (deps, { body, request }) =>
    await startJob(deps, 'discard', body, request.baseUrl + request.path),
});

type JobRequest = Pick<JobInput, 'filter' | 'rate_per_second' | 'from' | 'reason'> & { dry_run: boolean };

async function startJob(deps: OperatorDeps, action: JobAction, request: JobRequest, path: string) {
  const { dry_run, ...job } = request;
  const fault = await findUnknownName(deps, job.filter);
  if (fault !== undefined) throw new HttpError('bad_request', `filter.${fault}`);
  const conditions = toConditions(job.filter);
  const matched = await countDeadLetters(deps.temporal, job.filter);
  if (dry_run) {
    const page = { limit: SAMPLE_SIZE, pageToken: undefined };
    const { items: sample } = await listDeadLetters(deps.temporal, conditions, page);
    return reply(200, { matched, dry_run, sample });
  }
  const job_id = randomUUID();
  await start(deps, action, { ...job, job_id, conditions, matched });
  deps.log.info({ job_id, action, filter: job.filter, matched }, 'job started by an operator');
  const location = path.replace(/dead-letters\/.*$/, `jobs/${job_id}`);
  return reply(202, { job_id, matched }, { location });
}

async function start(
  { temporal: { client }, taskQueue }: OperatorDeps,
  action: JobAction,
  input: JobInput,
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
    typedSearchAttributes: [MACHINERY],
    staticSummary: `${action} ${matched} dead letters, ${rate_per_second} per second`,
  });
}
