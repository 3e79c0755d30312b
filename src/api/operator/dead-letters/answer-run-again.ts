// Replays or discards one dead letter for an operator, and answers once list and count leave the dead letter out.
import { z } from 'zod';
import type { RunAgainOutcome } from '../../../dead-letters/run-again.ts';
import { openDeadLetterRunOf, untilClosed } from '../../../dead-letters/until-closed.ts';
import { HttpError } from '../../http/errors.ts';
import { reply } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { describeEvent, type EventParams, eventNotFound, nameOf } from '../event-name.ts';
import { notDeadLetter } from './show-dead-letter.ts';

const runAgainFields = {
  source: z.string(),
  event_id: z.string(),
  workflow_id: z.string(),
  run_id: z.string(),
};

export const replayedView = z.object({ status: z.literal('replayed'), ...runAgainFields });
export const discardedView = z.object({ status: z.literal('discarded'), ...runAgainFields });

/**
 * The new run is durable at once. The answer waits up to 2 s until list and count show the change, too.
 *
 * @throws HttpError `event_not_found`, `not_dead_letter` or `already_replayed`
 */
export async function answerRunAgain<S extends 'replayed' | 'discarded'>(
  { temporal, config, log }: OperatorDeps,
  params: EventParams,
  status: S,
  runAgain: (name: { source: string; eventId: string }) => Promise<RunAgainOutcome>,
) {
  const { source, eventId, workflowId } = nameOf(params);
  const deadLetterRunId = await openDeadLetterRunOf(temporal, workflowId);
  const result = await runAgain({ source, eventId });
  switch (result.outcome) {
    case 'event_not_found':
      throw eventNotFound(params, config);
    case 'not_dead_letter':
      throw notDeadLetter(params, result.status);
    case 'done_by_job': // cannot happen: no job asks here
    case 'already_done':
      throw new HttpError(
        'already_replayed',
        `${describeEvent(params)} was replayed, resent or discarded by somebody else just now`,
      );
    case 'started': {
      const ids = { source, event_id: eventId, workflow_id: workflowId, run_id: result.runId };
      log.info({ ...ids, status }, 'dead letter closed by an operator');
      await untilClosed(temporal, workflowId, deadLetterRunId);
      return reply(202, { status, ...ids });
    }
  }
}
