// Asks the workflow of an event for the address of the client that it goes to now.
import { type CallbackTarget, type ReadTarget, TARGET_QUERY } from '../contracts/callback.ts';
import type { Temporal } from '../temporal/connection.ts';
import { inTime } from '../temporal/in-time.ts';

/** A query takes a worker some milliseconds; with the loading of the body it must end within the activity's margin. */
const READ_WITHIN_MS = 2_500;

export function createReadTarget({ client }: Pick<Temporal, 'client'>): ReadTarget {
  return async ({ workflowId, runId }) =>
    await inTime(
      READ_WITHIN_MS,
      client.workflow.getHandle(workflowId, runId).query<CallbackTarget>(TARGET_QUERY),
      'the workflow did not answer',
    );
}
