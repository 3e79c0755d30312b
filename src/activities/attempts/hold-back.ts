// Holds a delivery back without an attempt: the failure says when Temporal runs the activity again, and the
// heartbeat why the delivery waits.
import { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import type { Attempt, Heartbeat, Held, StepName, StepOutcome } from '../../contracts/event.ts';
import { ENDPOINT_DOWN, ENDPOINT_HELD, STEP_FAILED } from '../../contracts/failures.ts';
import { benignFailure } from './attempt-failures.ts';

export interface Gate {
  /**
   * @param mayWait false for a local activity: the regular activity that follows it waits in its place
   * @param isRetryNow an operator wants an attempt now
   * @returns undefined if the attempt may be made
   */
  enter(options: { mayWait: boolean; isRetryNow?: boolean }): Hold | undefined;
  /** Called after each attempt that `enter` has let through, however the attempt ended. */
  leave(): void;
}

export interface Hold {
  reason: Held['reason'];
  delayMs: number;
  /** For operators. */
  message: string;
  /** A delivery that was first held this long ago fails; undefined: it waits however long it takes. */
  limitMs: number | undefined;
  /** Called each time that the delivery begins to be held. */
  onBegin: () => void;
}

/** @returns the failure that the activity throws */
export function holdBack(
  step: StepName,
  { reason, delayMs, message, limitMs, onBegin }: Hold,
  beat: Heartbeat | undefined,
  attempts: Attempt[],
): ApplicationFailure {
  const now = Date.now();
  const at = new Date(now).toISOString();
  const first_held_at = beat?.first_held_at ?? at;
  if (limitMs !== undefined && now - Date.parse(first_held_at) >= limitMs) {
    const last: Attempt = {
      attempt: attempts.length + 1,
      at,
      duration_ms: 0,
      error: ENDPOINT_DOWN,
      message: `${message}; held since ${first_held_at}, as long as breaker.holdFor allows`,
    };
    const outcome: StepOutcome = { step, status: 'failed', attempts: [...attempts, last] };
    return benignFailure(`${ENDPOINT_DOWN}: ${last.message}`, {
      type: STEP_FAILED,
      nonRetryable: true,
      details: [outcome],
    });
  }
  if (beat?.held === undefined) onBegin();
  const next_attempt_at = new Date(now + delayMs).toISOString();
  const held: Held = { since: beat?.held?.since ?? at, reason, next_attempt_at };
  const temporal_attempt = Context.current().info.attempt;
  Context.current().heartbeat({ attempts, temporal_attempt, held, first_held_at } satisfies Heartbeat);
  return benignFailure(`held, no attempt was made: ${message}`, {
    type: ENDPOINT_HELD,
    nextRetryDelay: Math.max(1, delayMs),
  });
}
