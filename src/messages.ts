// What crosses the border between API, workflow and activities: inputs, outcomes, results, query names.
// Records that are stored in Temporal and shown to operators are snake_case, as in the API: one shape, no mapping.
import { defineSearchAttributeKey } from '@temporalio/common';

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
  /** Limit of one try in milliseconds. */
  timeout_ms: number;
  /** The exponential part of the step's schedule; the activity refines each delay (jitter, Retry-After, lists). */
  retry: { initial_ms: number; factor: number; max_ms: number };
}

export interface ProcessEventInput extends EventMeta {
  /** In order: the handler first, if the event has one. */
  steps: StepPlan[];
  /** Steps that had succeeded in an earlier run of the same event: they are not repeated. */
  checkpoint?: StepOutcome[];
}

/** One try of a step. Exactly one of `status_code` and `error` is set, but for a handler that succeeded: neither. */
export interface Attempt {
  /** 1 for the first try. Counts over the local and the regular activity. */
  attempt: number;
  /** RFC 3339 UTC, when the try began. */
  at: string;
  duration_ms: number;
  status_code?: number;
  /** A code such as `timeout`, `connection_refused`, `handler:TypeError`; never a message. */
  error?: string;
  /** For people: what went wrong. */
  message?: string;
  /** The handler's stack. */
  stack?: string;
  /** The beginning of the endpoint's answer. */
  response_excerpt?: string;
  /** RFC 3339 UTC; absent when no further try follows. */
  next_attempt_at?: string;
}

/** `retrying`: this try failed, the schedule has more. */
export type StepStatus = 'succeeded' | 'retrying' | 'failed';

export interface StepOutcome {
  step: StepName;
  status: StepStatus;
  attempts: Attempt[];
  /** What the handler returned. */
  result?: unknown;
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
  /** The tries made so far, by the local activity. */
  attempts: Attempt[];
}

/** Answer of the `status` query. */
export interface EventProgress {
  status: 'processing' | 'delivering' | 'processed' | 'failed';
  steps: StepOutcome[];
}

export const PROCESS_EVENT = 'processEvent';
export const STATUS_QUERY = 'status';

/** Custom search attributes, all without payload: Temporal does not encrypt them. */
export const SEARCH_ATTRIBUTES = {
  source: defineSearchAttributeKey('WebhookSource', 'KEYWORD'),
  eventType: defineSearchAttributeKey('WebhookEventType', 'KEYWORD'),
  failedStep: defineSearchAttributeKey('WebhookFailedStep', 'KEYWORD_LIST'),
  error: defineSearchAttributeKey('WebhookError', 'KEYWORD_LIST'),
} as const;

/** A step with a longer limit for one try starts as a regular, heartbeating activity: a workflow task lasts 10 s. */
export const LOCAL_TIMEOUT_MAX_MS = 5_000;

/** The endpoint that a delivery step names. */
export function endpointOf(step: StepName): string {
  return step.slice('deliver:'.length);
}
