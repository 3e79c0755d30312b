// `surehook dead-letters replay|discard` with a filter: makes a dry run, asks, starts a job, and follows it.
import { createInterface } from 'node:readline/promises';
import type { ViewOf } from '../api/http/route.ts';
import type { showJobRoute } from '../api/operator/jobs/show-job.ts';
import type { JobDryRun, JobStarted } from '../api/operator/jobs/start-job.ts';
import { ConfigError, UsageError } from '../config/config-error.ts';
import { type JobAction, RATE_MAX } from '../contracts/job.ts';
import { type FilterOptions, toQuery } from './dead-letters.ts';
import { jobLines } from './jobs.ts';
import type { OperatorClient } from './operator-client.ts';
import { table } from './text.ts';
import { watchJob } from './watch-job.ts';

export interface JobOptions extends FilterOptions {
  all?: boolean;
  rate?: string;
  dryRun?: boolean;
  yes?: boolean;
  detach?: boolean;
  json?: boolean;
}

type Print = (text: string) => void;

const FOR_MANY = [
  'source',
  'type',
  'step',
  'error',
  'since',
  'until',
  'all',
  'rate',
  'dryRun',
  'detach',
] as const;

/** @throws UsageError if an option is given that applies to many dead letters only */
export function refuseForOne(options: JobOptions): void {
  const name = FOR_MANY.find((candidate) => options[candidate] !== undefined);
  if (name === undefined) return;
  const option = name === 'dryRun' ? 'dry-run' : name;
  throw new UsageError(`--${option}: the option is for many dead letters, and an event is named`);
}

/** @returns false if the job was awaited and did not complete, or could not start every replay */
export async function deadLettersReplayMany(
  client: OperatorClient,
  source: string | undefined,
  { payload, from, ...options }: JobOptions & { from?: string; payload?: string },
  print: Print,
): Promise<boolean> {
  if (payload !== undefined)
    throw new UsageError('--payload: the option corrects one event; name its source and id');
  return await runMany(client, 'replay', source, options, { from }, print);
}

/** @returns false if the job was awaited and did not complete, or could not start every discard */
export async function deadLettersDiscardMany(
  client: OperatorClient,
  source: string | undefined,
  { reason, ...options }: JobOptions & { reason: string },
  print: Print,
): Promise<boolean> {
  return await runMany(client, 'discard', source, options, { reason }, print);
}

async function runMany(
  client: OperatorClient,
  action: JobAction,
  source: string | undefined,
  options: JobOptions,
  how: { from?: string | undefined; reason?: string },
  print: Print,
): Promise<boolean> {
  const body = { filter: toFilter(action, source, options), ...toRate(options.rate), ...how };
  const post = async <T>(more: object) =>
    await client.post<T>(`/dead-letters/${action}`, JSON.stringify({ ...body, ...more }));
  const dry = await post<JobDryRun>({ dry_run: true });
  if (options.dryRun || dry.matched === 0) {
    print(options.json ? JSON.stringify(dry, null, 2) : toText(dry));
    return true;
  }
  if (!options.yes && !(await confirm(action, dry.matched, print))) return true;
  const { job_id } = await post<JobStarted>({});
  if (!options.json) print(`Job ${job_id}`);
  if (!options.detach) await watchJob(client, job_id, options.json ? () => undefined : print);
  const job = await client.get<ViewOf<typeof showJobRoute>>(`/jobs/${job_id}`);
  print(options.json ? JSON.stringify(job, null, 2) : jobLines(job));
  return options.detach === true || (job.status === 'completed' && job.failed === 0);
}

function toFilter(action: JobAction, source: string | undefined, { all, ...options }: JobOptions) {
  if (source !== undefined) {
    throw new UsageError(
      `name the event, too: surehook dead-letters ${action} ${source} <event_id>; for all of a source, give --source ${source}`,
    );
  }
  const filter = toQuery(options);
  const isEmpty = Object.values(filter).every((value) => value === undefined);
  if (isEmpty !== (all === true)) {
    throw new UsageError(
      isEmpty
        ? 'name an event, or give a filter such as --source; --all takes every dead letter'
        : '--all: the option takes every dead letter; give it without a filter',
    );
  }
  return filter;
}

function toRate(rate: string | undefined) {
  if (rate === undefined) return {};
  const rate_per_second = Number(rate);
  if (Number.isFinite(rate_per_second)) return { rate_per_second };
  throw new UsageError(`--rate: expected a number from 1 to ${RATE_MAX}`);
}

const count = (n: number) => `${n} dead ${n === 1 ? 'letter' : 'letters'}`;

function toText({ matched, sample }: Pick<JobDryRun, 'matched' | 'sample'>): string {
  if (matched === 0) return 'No dead letters match.';
  const rows = sample.map(({ failed_at, source, event_id, errors }) => [
    failed_at,
    source,
    event_id,
    errors.join(', '),
  ]);
  const head = `${count(matched)} ${matched === 1 ? 'matches' : 'match'}, the latest first:`;
  return `${head}\n${table(['FAILED', 'SOURCE', 'EVENT ID', 'ERROR'], rows)}`;
}

async function confirm(action: JobAction, matched: number, print: Print): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    throw new ConfigError(
      `${count(matched)} would be ${action === 'replay' ? 'replayed' : 'discarded'}: give --yes, since there is no terminal to ask on (--dry-run shows them)`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const verb = action === 'replay' ? 'Replay' : 'Discard';
    const answer = await terminal.question(`${verb} ${count(matched)}? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return true;
    print('Nothing was started.');
    return false;
  } finally {
    terminal.close();
  }
}
