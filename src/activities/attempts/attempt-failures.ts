// What an activity throws so that Temporal does what the attempt log says: wait and try again, or give up.
import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import type { Attempt, StepOutcome } from '../../contracts/event.ts';
import { errorCodeOf, STEP_FAILED } from '../../contracts/failures.ts';

/** Of Temporal's copy of a failure, details are lost over 4 kB, and an operator's message with them. */
const MESSAGE_IN_DETAILS_MAX = 500;

export function toFailure(outcome: StepOutcome): ApplicationFailure {
  const last = outcome.attempts.at(-1) as Attempt;
  if (outcome.status === 'retrying') {
    const delay = Date.parse(last.next_attempt_at ?? last.at) - Date.now();
    // The log is on the heartbeats; but of an activity whose cancellation was under way, those are lost, and this is not.
    const { stack: _long, message, ...entry } = last;
    const shortened = message ? { message: message.slice(0, MESSAGE_IN_DETAILS_MAX) } : {};
    return retryLater(last, delay, { ...outcome, attempts: [{ ...entry, ...shortened }] });
  }
  return createFailure(last, { nonRetryable: true, details: [outcome] });
}

export function retryLater(last: Attempt, delayMs: number, latest?: StepOutcome): ApplicationFailure {
  const nextRetryDelay = Math.max(1, delayMs); // 0 would mean: no retry at all
  return createFailure(last, { nextRetryDelay, ...(latest ? { details: [latest] } : {}) });
}

function createFailure(last: Attempt, options: ApplicationFailureOptions): ApplicationFailure {
  return benignFailure(describe(last), { type: STEP_FAILED, ...options });
}

/** For Temporal's worker, no news: our own log line tells of it. */
export function benignFailure(message: string, options: ApplicationFailureOptions): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  const failure = ApplicationFailure.create({ message, category, ...options });
  failure.stack = ''; // where in Surehook it was made tells an operator nothing
  return failure;
}

function describe(attempt: Attempt): string {
  return `attempt ${attempt.attempt}: ${errorCodeOf(attempt)}${attempt.message ? `: ${attempt.message}` : ''}`;
}
