// What Temporal knows of the tries of a run, for the worker that is about to cancel it.
import type { StepName, StepOutcome } from '../messages.ts';
import type { Temporal } from './connection.ts';
import { readEvent } from './read-event.ts';

/** By step; empty unless the run is the latest one of its event. */
export type ReadTries = (execution: {
  workflowId: string;
  runId: string;
}) => Promise<ReadonlyMap<StepName, StepOutcome>>;

export function createReadTries(temporal: Temporal): ReadTries {
  return async ({ workflowId, runId }) => {
    const run = await readEvent(temporal, workflowId, false);
    return run?.description.runId === runId ? run.steps : new Map();
  };
}
