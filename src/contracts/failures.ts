// The failure types that travel through Temporal, and the error codes as search attributes show them.

/** The type of the `ApplicationFailure` that makes an event a dead letter; its details are `EventFailureDetails`. */
export const EVENT_FAILED = 'EventFailed';

/** The type of the `ApplicationFailure` of a step's attempt; its details are one `StepOutcome`. */
export const STEP_FAILED = 'StepFailed';

/** The type of the failure of an activity that made no attempt, since Temporal did not give it the event's body. */
export const BODY_NOT_READ = 'BodyNotRead';

/** The type of the failure of an activity whose handler has not begun, so that no attempt was made: no process was free. */
export const HANDLER_NOT_BEGUN = 'HandlerNotBegun';

/** The type of the failure of a held delivery, which made no attempt: its endpoint is down or has too many in flight. */
export const ENDPOINT_HELD = 'EndpointHeld';

/** The error of a delivery that was held for as long as its endpoint's config allows: its event is a dead letter. */
export const ENDPOINT_DOWN = 'endpoint_down';

/** The error of an attempt whose worker was lost, or that outlived every limit. The attempt may have had its effect. */
export const INTERRUPTED = 'interrupted';

/** The messages of attempts that were cut short by no fault of their own. */
export const WORKER_LOST = 'the worker was lost during this attempt';
export const WORKER_STOPPED = 'the worker was stopped during this attempt';

/** What an `Attempt` says about its failure. */
interface Failed {
  error?: string | undefined;
  status_code?: number | undefined;
}

/** The code of an attempt that failed by its HTTP answer, such as `http_503`. */
export function httpErrorCode(statusCode: number): string {
  return `http_${statusCode}`;
}

/**
 * The code of a failed attempt, as search attributes, metrics and alerts show it: its error, or the code of its HTTP
 * answer. `unknown` if there is no attempt, or the attempt has neither.
 */
export function errorCodeOf(failed: Failed | undefined): string {
  if (failed?.error !== undefined) return failed.error;
  return failed?.status_code === undefined ? 'unknown' : httpErrorCode(failed.status_code);
}

/** The same symbol in every copy of this module: the user's config may have loaded another copy. */
const PERMANENT = Symbol.for('surehook.permanent');

/** A handler throws it for an event that no retry will help: the event becomes a dead letter at once. */
export class PermanentError extends Error {
  override name = 'PermanentError';

  get [PERMANENT](): true {
    return true;
  }
}

/** Knows a `PermanentError` of any copy of this module, and subclasses that have another name. */
export function isPermanentError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && PERMANENT in error;
}

const TASK_SAYS_NO = Symbol.for('surehook.task-error');

/** A task throws it to say no: the task has failed with this code, no attempt follows, and its client is told. */
export class TaskError extends Error {
  override name = 'TaskError';
  /** For programs, such as `document_encrypted`. */
  readonly code: string;

  /** @param code lower-case letters, digits and underscores */
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  get [TASK_SAYS_NO](): true {
    return true;
  }
}

/** Knows a `TaskError` of any copy of this module. */
export function isTaskError(error: unknown): error is TaskError {
  return typeof error === 'object' && error !== null && TASK_SAYS_NO in error;
}
