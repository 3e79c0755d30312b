// Lists the dead letters that a bulk job matches, and replays or discards one of them.
import type { ItemOutcome, JobItem, JobPart, ListJobItems, RunJobItem } from '../contracts/job.ts';
import { LIST_MAX } from '../contracts/job.ts';
import { storageFaultOf } from '../storage/errors.ts';
import type { Temporal } from '../temporal/connection.ts';
import { isPassing } from '../temporal/grpc-code.ts';
import { listDeadLetters } from './list.ts';
import {
  type DeadLetterDeps,
  discardDeadLetter,
  type RunAgainOutcome,
  replayDeadLetter,
} from './run-again.ts';

export function createListJobItems(temporal: Temporal): ListJobItems {
  return async ({ conditions, failed_until, page_token }) => {
    const { items, failing, nextPageToken } = await listDeadLetters(
      temporal,
      [...conditions, `StartTime <= '${failed_until}'`],
      { limit: LIST_MAX, pageToken: page_token ? Buffer.from(page_token, 'base64') : undefined },
    );
    return {
      items: items.map(({ source, event_id, run_id }) => ({ source, event_id, run_id })),
      failing,
      ...(nextPageToken ? { page_token: Buffer.from(nextPageToken).toString('base64') } : {}),
    };
  };
}

export function createRunJobItem(deps: DeadLetterDeps): RunJobItem {
  return async (part, item) => {
    try {
      return toOutcome(part, await run(deps, part, item));
    } catch (error) {
      if (willPass(error)) throw error;
      return { failed: (error as Error).message };
    }
  };
}

async function run(deps: DeadLetterDeps, part: JobPart, item: JobItem): Promise<RunAgainOutcome> {
  const { source, event_id: eventId, run_id } = item;
  const job = { job_id: part.job_id, job_part: part.part };
  const name = { source, eventId, job, failedRunId: run_id ?? undefined };
  if (part.action === 'discard') return await discardDeadLetter(deps, { ...name, reason: part.reason ?? '' });
  return await replayDeadLetter(deps, { ...name, from: part.from ?? 'failed_step' });
}

function toOutcome({ part }: JobPart, result: RunAgainOutcome): ItemOutcome {
  switch (result.outcome) {
    case 'started':
      return 'started';
    case 'done_by_job':
      return result.job.job_part === part ? 'started' : 'counted';
    default:
      return 'skipped'; // somebody else has run the event again, discarded or deleted it
  }
}

/** Whether Temporal or the storage is away: the item may succeed later. */
function willPass(error: unknown): boolean {
  return storageFaultOf(error) !== undefined || isPassing(error);
}
