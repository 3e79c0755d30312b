// Makes the steps of an event that wait for their next attempt make it now.
import type { Temporal } from '../temporal/connection.ts';
import { GRPC, grpcCodeOf, isNotFound } from '../temporal/grpc-code.ts';
import type { EventRun } from './read-event.ts';
import type { PendingStep } from './read-pending.ts';

/** @returns the steps that waited, and whether each still did when Temporal was asked */
export async function retryNow(
  temporal: Temporal,
  run: EventRun,
): Promise<{ waiting: PendingStep[]; retried: PendingStep[] }> {
  const waiting = run.pending.filter(({ waits }) => waits);
  const sent = await Promise.all(waiting.map((step) => resetActivity(temporal, run, step)));
  return { waiting, retried: waiting.filter((_, i) => sent[i]) };
}

/** @returns false if the activity does not wait, since its attempt has begun meanwhile */
async function resetActivity(
  { client, namespace }: Temporal,
  { description: { workflowId, runId } }: EventRun,
  { activityId: id }: PendingStep,
): Promise<boolean> {
  try {
    await client.workflowService.resetActivity({
      namespace,
      execution: { workflowId, runId },
      id,
      resetHeartbeat: false, // the heartbeat details are the log of the step's attempts
    });
    return true;
  } catch (error) {
    if (isNotFound(error) || grpcCodeOf(error) === GRPC.FAILED_PRECONDITION) return false;
    throw error;
  }
}
