// The address of a client, to which an event goes instead of to an endpoint of the config.

/** An address that a client has given, and what is sent to it. It is encrypted with all else in the history. */
export interface CallbackTarget {
  url: string;
  /** None: the request carries no signature. */
  secrets: string[];
  /** Lower-case names. */
  headers?: Record<string, string>;
}

/** Reads the address that a callback goes to now: its client may have changed it. */
export type ReadTarget = (execution: { workflowId: string; runId: string }) => Promise<CallbackTarget>;

/** The query of an event with a target of its own. */
export const TARGET_QUERY = 'target';
/** The signal that gives such an event another target. */
export const TARGET_SIGNAL = 'target';
