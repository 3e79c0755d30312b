// A turn of a regular activity that makes no attempt: it tells Temporal when to come again, and the heartbeat why it waits.
import { Context } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import type { Attempt, Heartbeat, Held, StepName, StepOutcome } from '../../contracts/event.ts';
import { ENDPOINT_DOWN, ENDPOINT_HELD, STEP_FAILED } from '../../contracts/failures.ts';
import { benignFailure } from './attempt-failures.ts';

export interface Gate {
  /**
   * @param mayWait false for a local activity: a regular one will come in its place, and wait
   * @param isTold an operator wants it to be tried now
   */
  enter(options: { mayWait: boolean; isTold?: boolean }): Hold | undefined;
  /** After each turn that was let through, however it ended. */
  leave(): void;
}

export interface Hold {
  reason: Held['reason'];
  delayMs: number;
  /** For people. */
  message: string;
  /** Held for longer, it fails; undefined: it waits as long as it takes. */
  limitMs: number | undefined;
  /** Called at the first turn that is held. */
  onBegin: () => void;
}

/** @returns what the activity is to throw */
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
      message: `${message}; held since ${first_held_at}, and no longer`,
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
