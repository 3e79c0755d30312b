// An event as it crosses the borders between API, workflow and activities: its inputs, outcomes, results and query names.
// Records that are stored in Temporal and shown to operators are snake_case, as in the API: one shape, no mapping.
import type { RawBody, StoredBody } from '../payloads/raw-body.ts';

/** Everything known of a webhook besides its body. Headers are lower-case and without credentials. */
export interface EventMeta {
  source: string;
  event_id: string;
  event_type: string;
  /** RFC 3339 UTC. */
  received_at: string;
  headers: Record<string, string>;
  /** W3C Trace Context of the request, to go on with; absent if the sender sent none and tracing is off. */
  traceparent?: string;
  tracestate?: string;
}

/** `handler`, or `deliver:<endpoint>`. */
export type StepName = 'handler' | `deliver:${string}`;

/** A step as the ingress planned it from its config when the event came in. */
export interface StepPlan {
  step: StepName;
  /** Limit of one attempt in milliseconds. */
  timeout_ms: number;
}

/** An activity bounds its own attempt; Temporal's limit, for a worker that hangs or is lost, comes this much later. */
export const TIMEOUT_MARGIN_MS = 5_000;

export interface ProcessEventInput extends EventMeta {
  /** In order: the handler first, if the event has one. */
  steps: StepPlan[];
  /** Steps that had succeeded in an earlier run of the same event: they are not repeated. */
  checkpoint?: StepOutcome[];
  /** Absent in an event's first run. */
  rerun?: Rerun;
}

/** Why a dead letter runs again. */
export interface Rerun {
  /** The run that had failed. */
  of: string;
  how: 'replayed' | 'resent';
  /** RFC 3339 UTC. */
  at: string;
  /** Of a replay. */
  from?: ReplayFrom;
  /** The bulk job that it belongs to, and the part of it. */
  job_id?: string;
  job_part?: number;
  /** An operator gave another body: that of `of` is the original. */
  payload_corrected?: true;
}

/** `failed_step`: what had succeeded is not repeated. */
export type ReplayFrom = 'failed_step' | 'start';

/**
 * One attempt of a step. Exactly one of `status_code` and `error` is set; neither for a handler that succeeded, and while it
 * runs.
 */
export interface Attempt {
  /** 1 for the first attempt. Counts over the local and the regular activity. */
  attempt: number;
  /** RFC 3339 UTC, when the attempt began. */
  at: string;
  /** So far, if it is running. */
  duration_ms: number;
  /** It has not ended: only where an event is looked at, never stored. */
  running?: true;
  status_code?: number;
  /** A code such as `timeout`, `connection_refused`, `handler:TypeError`; never a message. */
  error?: string;
  /** For people: what went wrong. */
  message?: string;
  /** The handler's stack. */
  stack?: string;
  /** The beginning of the endpoint's answer. */
  response_excerpt?: string;
  /** RFC 3339 UTC; absent when no further attempt follows. */
  next_attempt_at?: string;
}

/** `retrying`: this attempt failed, the schedule has more. `running`: only where an event is looked at, never stored. */
export type StepStatus = 'succeeded' | 'running' | 'retrying' | 'failed' | 'canceled';

export interface StepOutcome {
  step: StepName;
  status: StepStatus;
  attempts: Attempt[];
  /** What the handler returned. */
  result?: unknown;
  /** Of a delivery that waits for its endpoint to come back. */
  held?: Held;
}

/** Why a delivery that is under way makes no attempt now, and since when. */
export interface Held {
  /** RFC 3339 UTC: since when it has waited, over all turns. */
  since: string;
  /** `endpoint_down`: the breaker is open; `endpoint_busy`: as many attempts are in flight as one endpoint may have. */
  reason: 'endpoint_down' | 'endpoint_busy';
  /** RFC 3339 UTC: about when it looks again. */
  next_attempt_at: string;
}

export interface ProcessEventResult {
  status: 'processed';
  steps: StepOutcome[];
}

/** Details of the failure that a dead letter ends with. */
export interface EventFailureDetails {
  failed: StepOutcome[];
  /** What had succeeded: the input of a replay. */
  checkpoint: StepOutcome[];
}

export interface ActivityInput {
  event: EventMeta;
  step: StepName;
  /** The attempts made so far, by the local activity. */
  attempts: Attempt[];
}

/**
 * Heartbeat details of a step's regular activity, as Temporal stores them. They survive failed attempts, and can be read
 * while the activity waits for its next attempt.
 */
export interface Heartbeat {
  attempts: Attempt[];
  /** The attempt of Temporal's that has written this: later ones that wrote nothing were lost with their workers. */
  temporal_attempt: number;
  /** What a handler reported last. */
  progress?: unknown;
  /** Set while a delivery waits for its endpoint. */
  held?: Held;
  /** RFC 3339 UTC: when the delivery was held for the first time. */
  first_held_at?: string;
}

/**
 * Reads the body of an event from Temporal, or from the storage.
 *
 * @param stored given by the workflow where the body is not in Temporal
 */
export type LoadBody = (
  execution: { workflowId: string; runId: string } | undefined,
  stored?: StoredBody,
) => Promise<RawBody>;

/** The outcomes of a run's steps, by step; empty unless the run is the latest one of its event. */
export type ReadAttempts = (execution: {
  workflowId: string;
  runId: string;
}) => Promise<ReadonlyMap<StepName, StepOutcome>>;

/** Asks for the attempts of these steps, to be kept on record when their run is cancelled. */
export interface KeepAttemptsInput {
  steps: StepName[];
}

/** Answer of the `status` query. */
export interface EventProgress {
  status: 'processing' | 'delivering' | 'processed' | 'failed' | 'canceled' | 'discarded';
  steps: StepOutcome[];
}

/** The signature of the workflow `PROCESS_EVENT`. */
export type ProcessEvent = (input: ProcessEventInput, body: RawBody) => Promise<ProcessEventResult>;

export const PROCESS_EVENT = 'processEvent';
export const STATUS_QUERY = 'status';

/** A step with a longer limit for one attempt starts as a regular, heartbeating activity: a workflow task lasts 10 s. */
export const LOCAL_TIMEOUT_MAX_MS = 5_000;

/** The endpoint that a delivery step names. */
export function endpointOf(step: StepName): string {
  return step.slice('deliver:'.length);
}

/** The attempt was cut off by the cancellation of its event. */
export function cutShort({ running: _now, next_attempt_at: _never, ...attempt }: Attempt): Attempt {
  return { ...attempt, error: 'canceled', message: 'the event was canceled during this attempt' };
}

/** Of a step that has not ended when its event was cancelled: no attempt of it will follow. */
export function toCanceled(outcome: StepOutcome): StepOutcome {
  if (outcome.status === 'succeeded' || outcome.status === 'failed') return outcome;
  const [last] = outcome.attempts.slice(-1);
  if (last === undefined) return { ...outcome, status: 'canceled' };
  const { next_attempt_at: _never, ...attempt } = last;
  const ended = last.running ? cutShort(last) : attempt;
  return { ...outcome, status: 'canceled', attempts: [...outcome.attempts.slice(0, -1), ended] };
}
