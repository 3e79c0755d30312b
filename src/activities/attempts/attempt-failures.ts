// Creates the failures that make Temporal do what the attempt log says: attempt again later, or give up.
import { ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory, type ApplicationFailureOptions } from '@temporalio/common';
import type { Attempt, StepOutcome } from '../../contracts/event.ts';
import { errorCodeOf, STEP_FAILED } from '../../contracts/failures.ts';

/** Temporal drops details over 4 kB from its copy of a failure, and with them the message for operators. */
const MESSAGE_IN_DETAILS_MAX = 500;

export function toFailure(outcome: StepOutcome): ApplicationFailure {
  const last = outcome.attempts.at(-1) as Attempt;
  if (outcome.status === 'retrying') {
    const delay = Date.parse(last.next_attempt_at ?? last.at) - Date.now();
    // The heartbeats carry the log, but are lost if the activity is being cancelled; these details are not.
    const { stack: _long, message, ...entry } = last;
    const shortened = message ? { message: message.slice(0, MESSAGE_IN_DETAILS_MAX) } : {};
    return retryLater(last, delay, { ...outcome, attempts: [{ ...entry, ...shortened }] });
  }
  return createFailure(last, { nonRetryable: true, details: [outcome] });
}

export function retryLater(last: Attempt, delayMs: number, latest?: StepOutcome): ApplicationFailure {
  const nextRetryDelay = Math.max(1, delayMs); // a delay of 0 would mean no retry
  return createFailure(last, { nextRetryDelay, ...(latest ? { details: [latest] } : {}) });
}

function createFailure(last: Attempt, options: ApplicationFailureOptions): ApplicationFailure {
  return benignFailure(describe(last), { type: STEP_FAILED, ...options });
}

/** A failure of which Temporal's worker does not warn: Surehook writes a log line of its own. */
export function benignFailure(message: string, options: ApplicationFailureOptions): ApplicationFailure {
  const category = ApplicationFailureCategory.BENIGN;
  const failure = ApplicationFailure.create({ message, category, ...options });
  failure.stack = ''; // the place in Surehook's code tells an operator nothing
  return failure;
}

function describe(attempt: Attempt): string {
  return `attempt ${attempt.attempt}: ${errorCodeOf(attempt)}${attempt.message ? `: ${attempt.message}` : ''}`;
}
