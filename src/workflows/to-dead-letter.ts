// Makes a dead letter of a run whose steps have failed for good.
import { ApplicationFailure, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { EventFailureDetails, EventMeta, StepOutcome } from '../contracts/event.ts';
import { EVENT_FAILED, errorCodeOf } from '../contracts/failures.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { TaskState } from '../contracts/task.ts';
import { failureDetails, failuresOf } from './failure-details.ts';
import { fitting, openDeadLetter } from './open-dead-letter.ts';
import type { Resets } from './resets.ts';

export const isFailed = (outcome: StepOutcome) => outcome.status === 'failed';

/** Opens the dead letter. @param state of an agent task, which stays readable @returns the failure that the run has to end with */
export async function toDeadLetter(
  event: EventMeta,
  outcomes: StepOutcome[],
  resets: Resets,
  state?: TaskState,
): Promise<ApplicationFailure> {
  const failed = outcomes.filter(isFailed);
  const failedSteps = failed.map(({ step }) => step);
  const errors = failed.map((outcome) => errorCodeOf(outcome.attempts.at(-1)));
  const codes = [...new Set(errors)];
  upsertSearchAttributes([
    { key: SEARCH_ATTRIBUTES.failedStep, value: fitting(failedSteps) },
    { key: SEARCH_ATTRIBUTES.error, value: fitting(codes) },
  ]);
  const what = failed.map(
    ({ step, attempts }, i) => `${step} failed after ${attemptsText(attempts.length)}: ${errors[i]}`,
  );
  const message = what.join('; ');
  const attempts = failed.reduce((sum, outcome) => sum + outcome.attempts.length, 0);
  const failures = failuresOf(failed);
  const details = failureDetails(event, failures);
  setCurrentDetails(details);
  await openDeadLetter({ event, failedSteps, codes, attempts, error: message, failures, details }, resets);
  const checkpoint = outcomes.filter((outcome) => !isFailed(outcome));
  const outcome: EventFailureDetails = { failed, checkpoint };
  const failure = ApplicationFailure.create({
    message,
    type: EVENT_FAILED,
    nonRetryable: true,
    details: [outcome, ...(state ? [state] : [])],
  });
  failure.stack = ''; // the place in Surehook's code tells an operator nothing
  return failure;
}

const attemptsText = (count: number) => (count === 1 ? '1 attempt' : `${count} attempts`);
