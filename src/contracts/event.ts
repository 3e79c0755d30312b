// An event as it passes between API, workflow and activities: its inputs, outcomes, results and query names.
// Records that Temporal stores and operators see are snake_case, as in the API: one shape, no mapping.
import type { RawBody, StoredBody } from '../payloads/raw-body.ts';
import type { CallbackTarget } from './callback.ts';

/** How the body of an event is read: as JSON, as the fields of a form, as text, or not at all. */
export type BodyKind = 'json' | 'form' | 'text' | 'bytes';

/** Everything known of a webhook besides its body. Header names are lower-case; headers with credentials are absent. */
export interface EventMeta {
  source: string;
  event_id: string;
  event_type: string;
  /** RFC 3339 UTC. */
  received_at: string;
  headers: Record<string, string>;
  /** W3C Trace Context of the request, which deliveries continue; absent if the sender sent none and tracing is off. */
  traceparent?: string;
  tracestate?: string;
  /** The digest of the body that an operator has given in place of the sender's; absent for the sender's own. */
  correction?: string;
  /** How the body is read. Absent: it is JSON without a content encoding, as most bodies are. */
  body_kind?: BodyKind;
}

/** What is known of an event, out of an input that says more. */
export function metaOf(input: EventMeta): EventMeta {
  const {
    source,
    event_id,
    event_type,
    received_at,
    headers,
    traceparent,
    tracestate,
    correction,
    body_kind,
  } = input;
  return {
    ...{ source, event_id, event_type, received_at, headers },
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(correction === undefined ? {} : { correction }),
    ...(body_kind === undefined ? {} : { body_kind }),
  };
}

/** `handler`, `deliver:<endpoint>`, or `work:<round>` of an agent task. */
export type StepName = 'handler' | `deliver:${string}` | `work:${number}`;

/** A step as the ingress planned it from its config when the event came in. */
export interface StepPlan {
  step: StepName;
  /** Limit of one attempt in milliseconds. */
  timeout_ms: number;
  /** The first attempt is a local activity; absent: if the limit is at most `LOCAL_TIMEOUT_MAX_MS`. */
  local?: boolean;
}

/** An activity limits its own attempt. Temporal's limit, for a worker that hangs or is lost, is this much longer. */
export const TIMEOUT_MARGIN_MS = 5_000;

export interface ProcessEventInput extends EventMeta {
  /** The handler comes first, if the event has one. */
  steps: StepPlan[];
  /** Steps that succeeded in an earlier run of the same event, and are not repeated. */
  checkpoint?: StepOutcome[];
  /** Absent in an event's first run. */
  rerun?: Rerun;
  /** Set for an event that goes to an address of a client instead of endpoints of the config. */
  target?: CallbackTarget;
  /** The client of the agent API that has asked for the event. */
  client?: string;
}

/** Why a dead letter runs again. */
export interface Rerun {
  /** The run that had failed. */
  of: string;
  how: 'replayed' | 'resent';
  /** RFC 3339 UTC. */
  at: string;
  /** Set for a replay. */
  from?: ReplayFrom;
  /** The bulk job that started the run, and the number of the job's part. */
  job_id?: string;
  job_part?: number;
  /** An operator gave another body. The run `of` has the original one. */
  payload_corrected?: true;
}

/** `failed_step`: steps that had succeeded are not repeated. `start`: every step runs again. */
export type ReplayFrom = 'failed_step' | 'start';

/**
 * One attempt of a step. Exactly one of `status_code` and `error` is set, except for a handler that succeeded and an
 * attempt that is running, which have neither.
 */
export interface Attempt {
  /** 1 for the first attempt. Counts over the local and the regular activity. */
  attempt: number;
  /** RFC 3339 UTC, when the attempt began. */
  at: string;
  /** The duration so far, if the attempt is running. */
  duration_ms: number;
  /** The attempt has not ended. Set where an event is shown, never stored. */
  running?: true;
  status_code?: number;
  /** A code such as `timeout`, `connection_refused`, `handler:TypeError`; never a message. */
  error?: string;
  /** What went wrong, for people. */
  message?: string;
  /** The handler's stack. */
  stack?: string;
  /** The beginning of the endpoint's answer. */
  response_excerpt?: string;
  /** RFC 3339 UTC; absent when no further attempt follows. */
  next_attempt_at?: string;
}

/** `retrying`: a further attempt follows. `running`: set where an event is shown, never stored. */
export type StepStatus = 'succeeded' | 'running' | 'retrying' | 'failed' | 'canceled';

export interface StepOutcome {
  step: StepName;
  status: StepStatus;
  attempts: Attempt[];
  /** What the handler returned. */
  result?: unknown;
  /** Set while a delivery is held. */
  held?: Held;
}

/** Why a delivery is held, and since when. */
export interface Held {
  /** RFC 3339 UTC: when the delivery was held. Further refusals do not change this time. */
  since: string;
  /** `endpoint_down`: the breaker is open; `endpoint_busy`: as many attempts are in flight as one endpoint may have, or it asked for a wait (429 with `Retry-After`). */
  reason: 'endpoint_down' | 'endpoint_busy';
  /** RFC 3339 UTC: about when the delivery asks the breaker again. */
  next_attempt_at: string;
}

export interface ProcessEventResult {
  status: 'processed';
  steps: StepOutcome[];
}

/** The details of the failure that makes an event a dead letter. */
export interface EventFailureDetails {
  failed: StepOutcome[];
  /** The steps that had succeeded: the `checkpoint` of a replay. */
  checkpoint: StepOutcome[];
}

export interface ActivityInput {
  event: EventMeta;
  step: StepName;
  /** The attempts that the local activity has made. */
  attempts: Attempt[];
  /** As `ProcessEventInput.target`. A regular activity asks the workflow for it, since it may have changed. */
  target?: CallbackTarget;
}

/**
 * The heartbeat details of a step's regular activity, as Temporal stores them. They survive failed attempts, and can be
 * read while the activity waits for its next attempt.
 */
export interface Heartbeat {
  attempts: Attempt[];
  /** Which attempt of Temporal's has written this. Later ones that have written nothing were lost with their workers. */
  temporal_attempt: number;
  /** The progress that a handler reported last. */
  progress?: unknown;
  /** Set while the delivery is held. */
  held?: Held;
  /** RFC 3339 UTC: when the delivery was held for the first time. */
  first_held_at?: string;
}

/**
 * Reads the body of an event from Temporal, or from the storage.
 *
 * @param stored the key of a body that is in the storage; the workflow has it
 */
export type LoadBody = (
  execution: { workflowId: string; runId: string } | undefined,
  stored?: StoredBody,
) => Promise<RawBody>;

/** Reads the outcomes of a run's steps, by step. There are none unless the run is the latest one of its event. */
export type ReadAttempts = (execution: {
  workflowId: string;
  runId: string;
}) => Promise<ReadonlyMap<StepName, StepOutcome>>;

/** The steps whose attempts are kept on record when their run is cancelled. */
export interface KeepAttemptsInput {
  steps: StepName[];
}

/** The answer of the `status` query. */
export interface EventProgress {
  status: 'processing' | 'delivering' | 'processed' | 'failed' | 'canceled' | 'discarded';
  steps: StepOutcome[];
}

/** The signature of the workflow `PROCESS_EVENT`. */
export type ProcessEvent = (input: ProcessEventInput, body: RawBody) => Promise<ProcessEventResult>;

export const PROCESS_EVENT = 'processEvent';
export const STATUS_QUERY = 'status';

/** A regular, heartbeating activity makes attempts of a handler with a longer limit: a local one shows no progress. */
export const LOCAL_TIMEOUT_MAX_MS = 5_000;

/** The same for deliveries, whose default limit this is. With Temporal's margin it is inside the 30 s of a workflow task. */
export const LOCAL_DELIVERY_TIMEOUT_MAX_MS = 15_000;

/** The endpoint that a delivery step names. */
export function endpointOf(step: StepName): string {
  return step.slice('deliver:'.length);
}

/** The record of an attempt that the cancellation of its event has cut off. */
export function cutShort({ running: _running, next_attempt_at: _next, ...attempt }: Attempt): Attempt {
  return { ...attempt, error: 'canceled', message: 'the event was canceled during this attempt' };
}

/** The outcome of a step once its event is cancelled: a step that has not ended makes no further attempt. */
export function toCanceled(outcome: StepOutcome): StepOutcome {
  if (outcome.status === 'succeeded' || outcome.status === 'failed') return outcome;
  const [last] = outcome.attempts.slice(-1);
  if (last === undefined) return { ...outcome, status: 'canceled' };
  const { next_attempt_at: _next, ...attempt } = last;
  const ended = last.running ? cutShort(last) : attempt;
  return { ...outcome, status: 'canceled', attempts: [...outcome.attempts.slice(0, -1), ended] };
}
