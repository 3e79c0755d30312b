// The activity that keeps on record what was tried, when a run is cancelled: Temporal drops the log of what waits.
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
    // A workflow task that was cancelled as it ended leaves no trace of the local attempts that were made in it.
    const recall = async (step: StepName) => await recallLocalAttempt(workflowExecution?.runId, step);
    const made = await Promise.all(steps.map(recall));
    // An attempt that runs is about to be cut off; if it ends otherwise, that comes later, and counts.
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
