// A job, which replays or discards many dead letters, as it passes between API, workflow and activities.

export type JobAction = 'replay' | 'discard';
/** The same values as `ReplayFrom` in event.ts. */
type ReplayFrom = 'failed_step' | 'start';

/** The workflow type of each action. */
export const JOB_TYPES = { replay: 'replayDeadLetters', discard: 'discardDeadLetters' } as const;
export const PAUSE_SIGNAL = 'pause';
export const RESUME_SIGNAL = 'resume';
export const PROGRESS_QUERY = 'progress';

/** Which dead letters an operator chose, as the API takes it. */
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
  /** The filter as conditions of a visibility query. */
  conditions: string[];
  rate_per_second: number;
  /** How many dead letters the filter matched when the job was requested. */
  matched: number;
  /** Set for a replay. */
  from?: ReplayFrom;
  /** Set for a discard. */
  reason?: string;
}

/** One dead letter that the job is about to take. */
export interface JobItem {
  source: string;
  event_id: string;
  /** The failed run: a later run that fails is another dead letter. null if the dead letter's memo cannot be read. */
  run_id: string | null;
}

export interface JobFailure {
  source: string;
  event_id: string;
  reason: string;
}

/** `started`: replayed or discarded by this job. `skipped`: somebody else closed the dead letter first. */
export interface JobCounts {
  started: number;
  skipped: number;
  failed: number;
}

/** A part of the workflow's memo, and the answer of its query. */
export interface JobProgress extends JobCounts {
  paused: boolean;
  /** 1 for the first pass over the list. Later passes look for dead letters that visibility may have shown late. */
  pass: number;
}

/** What can be read of a job without a worker. */
export interface JobMemo {
  filter: JobFilter;
  rate_per_second: number;
  matched: number;
  /** RFC 3339 UTC: when the job was requested. Dead letters that open later are not part of it. */
  asked_at: string;
  from?: ReplayFrom;
  reason?: string;
  progress: JobProgress;
  /** The first `FAILURES_MAX` failures. */
  failures: JobFailure[];
}

export const FAILURES_MAX = 100;
/** Items of a page: enough for seconds of work, and few enough to be carried from run to run. */
export const LIST_MAX = 200;
/**
 * Dead letters per second. On two cores that Temporal shares, the ingress does not notice this rate; a rate of 10 made
 * its acknowledgements half as slow again.
 */
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
  /** Milliseconds to wait before the list is read, since visibility is a moment behind. */
  wait_ms: number;
}

export interface ListJobItemsResult {
  items: JobItem[];
  /** How many dead letters were left out, since their runs are just about to fail. */
  failing: number;
  page_token?: string;
}

/** Lists the open dead letters that opened by `failed_until`. */
export type ListJobItems = (
  input: Pick<ListJobItemsInput, 'conditions' | 'failed_until' | 'page_token'>,
) => Promise<ListJobItemsResult>;

/** One part of a job: about a second of work, so that a pause or a cancellation waits no longer. */
export interface JobPart {
  action: JobAction;
  job_id: string;
  /** Counts up over the job. It identifies the runs that an earlier attempt of this very part has started. */
  part: number;
  from?: ReplayFrom;
  reason?: string;
}

export interface RunJobPartInput extends JobPart {
  items: JobItem[];
  rate_per_second: number;
  /** Milliseconds since the epoch: when the first item may start. 0: at once. */
  due: number;
}

export interface RunJobPartResult extends JobCounts {
  /** How many of the items the part has processed, counted from the first. */
  taken: number;
  failures: JobFailure[];
  /** Milliseconds since the epoch: when the item after these may start. */
  due: number;
}

/** `counted`: an earlier part of this job has started the item, and has counted it. */
export type ItemOutcome = 'started' | 'skipped' | 'counted' | { failed: string };

/** Replays or discards one dead letter. @throws an error that will pass: Temporal or the storage does not answer */
export type RunJobItem = (part: JobPart, item: JobItem) => Promise<ItemOutcome>;
