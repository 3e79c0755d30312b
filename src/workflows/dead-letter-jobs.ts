// The workflows of bulk jobs: each lists dead letters, replays or discards them at a pace, and lists again until none is left.
import {
  ActivityCancellationType,
  condition,
  defineQuery,
  defineSignal,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  FAILURES_MAX,
  JOB_TYPES,
  type JobAction,
  type JobCounts,
  type JobFailure,
  type JobInput,
  type JobItem,
  type JobProgress,
  PAUSE_SIGNAL,
  PROGRESS_QUERY,
  RESUME_SIGNAL,
} from '../contracts/job.ts';
import { isHistoryLong } from './history.ts';

export const pauseSignal = defineSignal(PAUSE_SIGNAL);
export const resumeSignal = defineSignal(RESUME_SIGNAL);
export const progressQuery = defineQuery<JobProgress>(PROGRESS_QUERY);

/** Far below Temporal's limit of 51,200 events, so that a run stays quick to read. */
const HISTORY_MAX = 2_000;
/** The wait before the next pass: by then, visibility shows everything that failed before the job began. */
const LOOK_AGAIN_AFTER_MS = 1_000;
/** A dead letter opens a moment before its run fails, or 30 s before if a worker is lost: the job waits for up to two minutes. */
const FAILING_AFTER_MS = 5_000;
const FAILING_PASSES_MAX = 24;

const { listJobItems, runJobPart } = proxyActivities<Activities>({
  // A part ends within seconds. If its worker was lost, the retried part knows what it has started before.
  startToCloseTimeout: '2m',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** What one run hands to the next. */
interface JobState {
  /** RFC 3339 UTC, by Temporal's clock. */
  failed_until: string;
  counts: JobCounts;
  failures: JobFailure[];
  paused: boolean;
  pass: Pass;
  /** Items that are listed, and not processed yet. */
  todo: JobItem[];
  parts: number;
  /** Milliseconds since the epoch: the next item may start then; 0: at once. */
  due: number;
}

/** One walk through the list. The first pass meets nearly all, later passes what visibility shows late. */
interface Pass {
  number: number;
  /** Absent before the first page, and after the last. */
  page_token?: string;
  listed: boolean;
  started: number;
  failed: number;
  failures: JobFailure[];
  /** How many dead letters were met whose run is about to fail. */
  failing: number;
  /** How many passes in a row have started nothing. */
  idle: number;
  wait_ms: number;
}

export async function replayDeadLetters(input: JobInput, carried?: JobState): Promise<JobProgress> {
  return await runJob('replay', input, carried);
}

export async function discardDeadLetters(input: JobInput, carried?: JobState): Promise<JobProgress> {
  return await runJob('discard', input, carried);
}

async function runJob(action: JobAction, input: JobInput, carried?: JobState): Promise<JobProgress> {
  const state = carried ?? newState();
  const progress = (): JobProgress => ({ ...state.counts, paused: state.paused, pass: state.pass.number });
  const pause = (paused: boolean) => {
    state.paused = paused;
    state.due = 0; // the job does not make up for the time of the pause
    upsertMemo({ progress: progress() });
  };
  setCurrentDetails(`${action} dead letters, ${input.rate_per_second} per second`);
  setHandler(progressQuery, progress);
  setHandler(pauseSignal, () => pause(true));
  setHandler(resumeSignal, () => pause(false));

  for (;;) {
    // This throws if the job was cancelled.
    await condition(() => !state.paused);
    if (isHistoryLong(HISTORY_MAX)) await goOn(action, input, state);
    if (state.todo.length > 0) {
      const failures = await takePart(action, input, state);
      upsertMemo({ progress: progress(), ...(failures ? { failures: state.failures } : {}) });
    } else if (!state.pass.listed) await listPage(input, state);
    else if (isLastPass(state)) break;
    else state.pass = nextPass(state.pass);
  }
  upsertMemo({ progress: progress(), failures: state.failures });
  return progress();
}

async function goOn(action: JobAction, input: JobInput, state: JobState): Promise<never> {
  const { memo = {} } = workflowInfo();
  const next = makeContinueAsNewFunc<typeof replayDeadLetters>({ workflowType: JOB_TYPES[action], memo });
  return await next(input, state);
}

function newState(): JobState {
  return {
    failed_until: workflowInfo().startTime.toISOString(),
    counts: { started: 0, skipped: 0, failed: 0 },
    failures: [],
    paused: false,
    pass: { number: 1, wait_ms: 0, idle: 0, ...EMPTY_PASS },
    todo: [],
    parts: 0,
    due: 0,
  };
}

const EMPTY_PASS = { listed: false, started: 0, failed: 0, failures: [], failing: 0 };

function nextPass({ number, started, failing, idle }: Pass): Pass {
  return {
    number: number + 1,
    wait_ms: failing > 0 && started === 0 ? FAILING_AFTER_MS : LOOK_AGAIN_AFTER_MS,
    idle: started === 0 ? idle + 1 : 0,
    ...EMPTY_PASS,
  };
}

async function listPage({ conditions }: JobInput, state: JobState): Promise<void> {
  const { pass, failed_until } = state;
  const page = await listJobItems({
    conditions,
    failed_until,
    ...(pass.page_token === undefined ? {} : { page_token: pass.page_token }),
    wait_ms: pass.page_token === undefined ? pass.wait_ms : 0,
  });
  state.todo = page.items;
  pass.failing += page.failing;
  pass.listed = page.page_token === undefined;
  if (page.page_token !== undefined) pass.page_token = page.page_token;
}

/** @returns whether the list of failures has grown */
async function takePart(action: JobAction, input: JobInput, state: JobState): Promise<boolean> {
  const { job_id, rate_per_second, from, reason } = input;
  const { pass, counts } = state;
  const items = state.todo.slice(0, Math.ceil(rate_per_second));
  state.parts += 1;
  const result = await runJobPart({
    action,
    job_id,
    part: state.parts,
    rate_per_second,
    due: state.due,
    items,
    ...(from ? { from } : {}),
    ...(reason ? { reason } : {}),
  });
  state.todo = state.todo.slice(result.taken);
  state.due = result.due;
  counts.started += result.started;
  pass.started += result.started;
  pass.failed += result.failed;
  pass.failures = [...pass.failures, ...result.failures].slice(0, FAILURES_MAX);
  // Each pass meets again what has failed and so stays listed: later passes must not add to these counts.
  if (pass.number > 1) return false;
  const isKept = result.failures.length > 0 && state.failures.length < FAILURES_MAX;
  counts.skipped += result.skipped;
  counts.failed = pass.failed;
  state.failures = pass.failures;
  return isKept;
}

/** The last pass has found nothing to start. The failures of the latest pass are those of the job. */
function isLastPass(state: JobState): boolean {
  const { pass, counts } = state;
  if (pass.number === 1) return false;
  counts.failed = pass.failed;
  state.failures = pass.failures;
  return pass.started === 0 && (pass.failing === 0 || pass.idle >= FAILING_PASSES_MAX);
}
