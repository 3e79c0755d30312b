// The activity that keeps the attempts of a cancelled run on record: Temporal drops a waiting activity's log.
import { Context } from '@temporalio/activity';
import type { ReadAttempts } from '../../contracts/event.ts';
import {
  type KeepAttemptsInput,
  type StepName,
  type StepOutcome,
  toCanceled,
} from '../../contracts/event.ts';
import { recallLocalAttempt } from './run-attempt.ts';

export interface KeepAttemptsDeps {
  readAttempts: ReadAttempts;
}

export function createKeepAttempts({ readAttempts }: KeepAttemptsDeps) {
  return async function keepAttempts({ steps }: KeepAttemptsInput): Promise<StepOutcome[]> {
    const { workflowExecution } = Context.current().info;
    const stored: ReadonlyMap<StepName, StepOutcome> = workflowExecution
      ? await readAttempts(workflowExecution)
      : new Map();
    // If a run is cancelled as its workflow task ends, the task's local attempts leave no trace in Temporal.
    const recall = async (step: StepName) => await recallLocalAttempt(workflowExecution?.runId, step);
    const made = await Promise.all(steps.map(recall));
    // A running attempt is about to be cut off. If it ends otherwise, that outcome comes later, and counts.
    return steps.flatMap((step, i) => {
      const outcome = longer(stored.get(step), made[i]);
      return outcome === undefined || isOnRecord(stored.get(step)) ? [] : [toCanceled(outcome)];
    });
  };
}

function longer(a: StepOutcome | undefined, b: StepOutcome | undefined): StepOutcome | undefined {
  return (b?.attempts.length ?? 0) > (a?.attempts.length ?? 0) ? b : (a ?? b);
}

const isOnRecord = (outcome: StepOutcome | undefined) =>
  outcome?.status === 'succeeded' || outcome?.status === 'failed';
