// What stands in place of a payload that Surehook does not accept from Temporal.

/**
 * `plain`: not encrypted. `foreign`: encrypted for another workflow, or for none. `damaged`: altered, or the key of that
 * id is another one. `unknown`: under a key that the process does not have, and for which no key that it has vouches.
 */
export type RefusalReason = 'plain' | 'foreign' | 'damaged' | 'unknown';

export interface Refused {
  surehook_refused: RefusalReason;
  /** What is wrong, for people. */
  message: string;
}

/** The type of the failure of a run, or of an activity, whose input is refused. */
export const INPUT_REFUSED = 'input_refused';

/** Holds for whole arguments, results and details: all of Surehook's own are records of another shape. */
export function isRefused(value: unknown): value is Refused {
  return typeof value === 'object' && value !== null && 'surehook_refused' in value;
}

/** Whether an operator who corrects the keys may make the value one that is accepted. */
export function mayBeMended({ surehook_refused: reason }: Refused): boolean {
  return reason === 'damaged' || reason === 'unknown';
}
