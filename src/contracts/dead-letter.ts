// A dead letter as it crosses the borders between the failed event, its workflow and the API: how it opens and how it closes.
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

/** Memo of that workflow: what a list shows without reading histories. */
export interface DeadLetterMemo {
  run_id: string;
  received_at: string;
  /** Of all failed steps together. */
  attempts: number;
  /** For people. */
  error: string;
}

/** Added to that memo once it is known: when Temporal deletes the failed run, and when the alert routes are told. */
export interface Expiry {
  warns_at: string;
  expires_at: string;
}

/** How long Temporal keeps a run that has closed, and how long before the end of that it is told of. */
export interface Retention {
  retention_ms: number;
  warn_before_ms: number;
}

/**
 * How an event ceased to be a dead letter. `gone`: its latest run is no failed one any more, nobody has told why.
 * `expired`: Temporal has deleted the failed run, as its retention has passed.
 */
export type CloseReason = 'replayed' | 'resent' | 'reset' | 'discarded' | 'gone' | 'expired';

/** The signal that closes a dead letter. */
export interface CloseDeadLetter {
  how: CloseReason;
  /** The run that came after the failed one. */
  run_id?: string;
  job_id?: string;
  reason?: string;
}

export interface DeadLetterResult extends CloseDeadLetter {
  closed_at: string;
}

/** Carries the event, so that it can be seen when the failed run is gone. */
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

/** How long the namespace keeps a closed run, in milliseconds. @throws if Temporal does not say */
export type ReadRetentionMs = () => Promise<number>;
