// What Temporal knows of the tries of a run, for the worker that is about to cancel it.
import type { ReadTries } from '../contracts/event.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readEvent } from './read-event.ts';

export function createReadTries(temporal: Temporal): ReadTries {
  return async ({ workflowId, runId }) => {
    const run = await readEvent(temporal, workflowId, false);
    return run?.description.runId === runId ? run.steps : new Map();
  };
}
