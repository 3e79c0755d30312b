// Failure types that travel through Temporal, and the names of errors as search attributes show them.
/** The type of the `ApplicationFailure` that a dead letter ends with; its details are `EventFailureDetails`. */
export const EVENT_FAILED = 'EventFailed';

/** The type of the `ApplicationFailure` of a step's attempt; its details are one `StepOutcome`. */
export const STEP_FAILED = 'StepFailed';

/** The type of the failure of an activity that has not begun its attempt: Temporal did not give it the event's body. */
export const BODY_NOT_READ = 'BodyNotRead';

/** The type of the failure of a delivery that has made no attempt: its endpoint is down, or has too many attempts in flight. */
export const ENDPOINT_HELD = 'EndpointHeld';

/** The error of a delivery that was held for as long as its endpoint's config allows: it is a dead letter. */
export const ENDPOINT_DOWN = 'endpoint_down';

/** The worker was lost during the attempt, or the attempt outlived every limit: it may have had its effect. */
export const INTERRUPTED = 'interrupted';

/** What an `Attempt` tells of its failure. */
interface Failed {
  error?: string | undefined;
  status_code?: number | undefined;
}

/** The code of an attempt that an HTTP answer made a failure: `http_503`. */
export function httpErrorCode(statusCode: number): string {
  return `http_${statusCode}`;
}

/**
 * The code of a failed attempt, as search attributes, metrics and alerts show it: its error, or that of its HTTP answer.
 * `unknown` where there is no attempt, or it has neither.
 */
export function errorCodeOf(failed: Failed | undefined): string {
  if (failed?.error !== undefined) return failed.error;
  return failed?.status_code === undefined ? 'unknown' : httpErrorCode(failed.status_code);
}

/** Thrown by a handler for an event that no retry will help: it becomes a dead letter at once. */
/** The same in every copy of this module: the user's config may have loaded another one. */
const PERMANENT = Symbol.for('surehook.permanent');

export class PermanentError extends Error {
  override name = 'PermanentError';

  get [PERMANENT](): true {
    return true;
  }
}

/** Also for a subclass that has another name. */
export function isPermanentError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && PERMANENT in error;
}
