// A dead letter as it passes between the failed event, its own workflow and the API: how it opens, and how it closes.
// As in event.ts, records that Temporal stores are snake_case.
import type { EventMeta, StepName, StepPlan } from './event.ts';

export const DEAD_LETTER = 'deadLetter';
export const DISCARD_EVENT = 'discardEvent';
export const CLOSE_SIGNAL = 'close';

/** The signature of the workflow `DEAD_LETTER`. */
export type DeadLetterWorkflow = (input: DeadLetterInput) => Promise<DeadLetterResult>;

/** The signature of the workflow `DISCARD_EVENT`. */
export type DiscardEvent = (input: DiscardEventInput) => Promise<DiscardEventResult>;

/** The input of the workflow that stays open as long as an event is a dead letter. */
export interface DeadLetterInput {
  source: string;
  event_id: string;
  event_type: string;
  /** The run that failed. */
  run_id: string;
  failed_steps: StepName[];
  /** Codes, each once. */
  errors: string[];
}

/** The memo of the workflow `DEAD_LETTER`: what a list shows without reading histories. */
export interface DeadLetterMemo {
  run_id: string;
  received_at: string;
  /** The attempts of all failed steps together. */
  attempts: number;
  /** What went wrong, for people. */
  error: string;
  /** What each step has failed with; absent in the memo of an older build. */
  failures?: StepFailure[];
  /** The event's id, if the workflow id does not have it as its sender has written it. */
  event_id?: string;
}

/** How a step of an event has failed for good. */
export interface StepFailure {
  step: StepName;
  /** A code such as `http_500`. */
  error: string;
  /** The first line of what the last attempt says, cut; null if it says nothing. */
  message: string | null;
  attempts: number;
}

/** Added to the memo once it is known: when the alert routes are warned, and when Temporal deletes the failed run. */
export interface Expiry {
  warns_at: string;
  expires_at: string;
}

/** How long Temporal keeps a closed run, and how long before its deletion the alert routes are warned. */
export interface Retention {
  retention_ms: number;
  warn_before_ms: number;
}

/**
 * How an event ceased to be a dead letter. `gone`: the latest run of the event is not a failed one, for an unknown
 * reason. `expired`: the retention has passed, so Temporal has deleted the failed run.
 */
export type CloseReason = 'replayed' | 'resent' | 'reset' | 'discarded' | 'gone' | 'expired';

/** The signal that closes a dead letter. */
export interface CloseDeadLetter {
  how: CloseReason;
  /** The run that followed the failed one. */
  run_id?: string;
  job_id?: string;
  reason?: string;
}

export interface DeadLetterResult extends CloseDeadLetter {
  closed_at: string;
}

/** Has the event itself, so that it can be shown after Temporal has deleted the failed run. */
export interface DiscardEventInput {
  event: EventMeta;
  steps: StepPlan[];
  /** The run that had failed. */
  of: string;
  reason: string;
  /** RFC 3339 UTC. */
  at: string;
  job_id?: string;
  job_part?: number;
}

export interface DiscardEventResult {
  status: 'discarded';
  reason: string;
  at: string;
}

/** Reads how many milliseconds the namespace keeps a closed run. @throws if Temporal does not say */
export type ReadRetentionMs = () => Promise<number>;
