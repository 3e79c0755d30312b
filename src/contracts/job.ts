// What crosses the border between API, workflow and activities of a job: many dead letters replayed or discarded.

export type JobAction = 'replay' | 'discard';
/** As for one dead letter. */
type ReplayFrom = 'failed_step' | 'start';

/** The types of its workflows. */
export const JOB_TYPES = { replay: 'replayDeadLetters', discard: 'discardDeadLetters' } as const;
export const PAUSE_SIGNAL = 'pause';
export const RESUME_SIGNAL = 'resume';
export const PROGRESS_QUERY = 'progress';

/** What an operator asked for, as the API takes it. */
export interface JobFilter {
  source?: string | undefined;
  type?: string | undefined;
  step?: string | undefined;
  error?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

export interface JobInput {
  job_id: string;
  filter: JobFilter;
  /** The same, as conditions of a visibility query. */
  conditions: string[];
  rate_per_second: number;
  /** How many dead letters there were when it was asked for. */
  matched: number;
  /** Of a replay. */
  from?: ReplayFrom;
  /** Of a discard. */
  reason?: string;
}

/** One dead letter that the job is about to take. */
export interface JobItem {
  source: string;
  event_id: string;
  /** The run that has failed: another run that has failed since is another dead letter. null: its memo cannot be read. */
  run_id: string | null;
}

export interface JobFailure {
  source: string;
  event_id: string;
  reason: string;
}

/** `started`: replayed or discarded by this job. `skipped`: somebody else was first. */
export interface JobCounts {
  started: number;
  skipped: number;
  failed: number;
}

/** In the memo of the workflow, and the answer of its query. */
export interface JobProgress extends JobCounts {
  paused: boolean;
  /** 2 and more: it looks again for what visibility may have told late. */
  pass: number;
}

/** What can be seen of a job without a worker. */
export interface JobMemo {
  filter: JobFilter;
  rate_per_second: number;
  matched: number;
  /** RFC 3339 UTC: letters that have failed later are none of its business. */
  asked_at: string;
  from?: ReplayFrom;
  reason?: string;
  progress: JobProgress;
  /** The first of them. */
  failures: JobFailure[];
}

export const FAILURES_MAX = 100;
/** Enough for seconds of work, and small enough to be carried from run to run. */
export const LIST_MAX = 200;
/** On two cores that Temporal shares, the ingress does not notice it; 10 made its acknowledgements half as slow again. */
export const RATE_DEFAULT = 5;
export const RATE_MAX = 200;

/** The signature of both workflows in `JOB_TYPES`. */
export type RunJob = (input: JobInput) => Promise<JobProgress>;

export interface ListJobItemsInput {
  conditions: string[];
  /** RFC 3339 UTC. */
  failed_until: string;
  /** Base64. */
  page_token?: string;
  /** Before it looks: visibility hears of everything a moment late. */
  wait_ms: number;
}

export interface ListJobItemsResult {
  items: JobItem[];
  /** More, whose runs are just about to fail. */
  failing: number;
  page_token?: string;
}

/** Dead letters that were open at that time. */
export type ListJobItems = (
  input: Pick<ListJobItemsInput, 'conditions' | 'failed_until' | 'page_token'>,
) => Promise<ListJobItemsResult>;

/** One part of a job: about a second of it, so that pause and cancel have to wait no longer. */
export interface JobPart {
  action: JobAction;
  job_id: string;
  /** Counts up over the job: what an earlier attempt of this very part has started is told by it. */
  part: number;
  from?: ReplayFrom;
  reason?: string;
}

export interface RunJobPartInput extends JobPart {
  items: JobItem[];
  rate_per_second: number;
  /** Milliseconds since the epoch: the first item may start then; 0: at once. */
  due: number;
}

export interface RunJobPartResult extends JobCounts {
  /** How many of the items, from the first on. */
  taken: number;
  failures: JobFailure[];
  /** Of the item after these. */
  due: number;
}

/** `counted`: an earlier part of this job has started it. */
export type ItemOutcome = 'started' | 'skipped' | 'counted' | { failed: string };

/** @throws what will pass: Temporal or the storage is away */
export type RunJobItem = (part: JobPart, item: JobItem) => Promise<ItemOutcome>;
