// Reads the attempts of a run from Temporal, for the run itself when it is cancelled.
import type { ReadAttempts } from '../contracts/event.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readEvent } from './read-event.ts';

export function createReadAttempts(temporal: Temporal): ReadAttempts {
  return async ({ workflowId, runId }) => {
    const run = await readEvent(temporal, workflowId, false);
    return run?.description.runId === runId ? run.steps : new Map();
  };
}
