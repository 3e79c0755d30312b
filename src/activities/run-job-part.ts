// The activities of a bulk job: one lists dead letters, the other processes a part of them at the job's pace.
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import type {
  ItemOutcome,
  JobItem,
  ListJobItems,
  ListJobItemsInput,
  ListJobItemsResult,
  RunJobItem,
  RunJobPartInput,
  RunJobPartResult,
} from '../contracts/job.ts';

/** An item takes some calls to Temporal. If a call takes 100 ms, this many items reach the highest rate. */
const ITEMS_AT_ONCE = 32;
/** A late part makes up for at most this much: the pause between two parts. */
const CATCH_UP_MS = 1_000;
/** A part that is too slow leaves the rest to the next part: a job pauses and ends only between parts. */
const TAKE_FOR_MS = 2_000;
/** Twice as often as the worker passes heartbeats on: every 5 s, its `maxHeartbeatThrottleInterval`. */
const HEARTBEAT_MS = 2_500;
const REASON_MAX_LENGTH = 200;

export interface JobActivityDeps {
  listJobItems: ListJobItems;
  runJobItem: RunJobItem;
  log: Logger;
}

export function createJobActivities(deps: JobActivityDeps) {
  return {
    async listJobItems({ wait_ms, ...query }: ListJobItemsInput): Promise<ListJobItemsResult> {
      if (wait_ms > 0) await delay(wait_ms, undefined, { signal: Context.current().cancellationSignal });
      return await deps.listJobItems(query);
    },

    async runJobPart(input: RunJobPartInput): Promise<RunJobPartResult> {
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      try {
        return await runPart(deps, input);
      } catch (error) {
        const { job_id, part } = input;
        deps.log.warn({ job_id, part, err: error }, 'a part of a job failed: it is retried');
        throw error;
      } finally {
        clearInterval(beat);
      }
    },
  };
}

/** Starts each item at its time, even if items before it still run, and returns once all have ended. */
async function runPart({ runJobItem }: JobActivityDeps, input: RunJobPartInput): Promise<RunJobPartResult> {
  const { items, rate_per_second, due: given, ...part } = input;
  const begin = Date.now();
  const spacing = 1_000 / rate_per_second;
  // Another worker's clock may have set `due`, so it is kept within bounds.
  let due = given === 0 ? begin : Math.min(Math.max(given, begin - CATCH_UP_MS), begin + spacing);
  const running = new Set<Promise<void>>();
  const outcomes: { item: JobItem; outcome: ItemOutcome }[] = [];
  const errors: unknown[] = [];
  let taken = 0;
  for (const item of items) {
    if (errors.length > 0 || Date.now() - begin > TAKE_FOR_MS) break;
    if (due > Date.now()) await delay(due - Date.now());
    due += spacing;
    taken += 1;
    const itemRun = runJobItem(part, item)
      .then((outcome) => void outcomes.push({ item, outcome }))
      .catch((error) => void errors.push(error))
      .finally(() => running.delete(itemRun));
    running.add(itemRun);
    if (running.size >= ITEMS_AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
  // The retry of this part recognises the items that this attempt has started, by job and part.
  if (errors.length > 0) throw errors[0];
  return { ...toResult(outcomes), taken, due };
}

function toResult(outcomes: { item: JobItem; outcome: ItemOutcome }[]) {
  const countOf = (name: ItemOutcome) => outcomes.filter(({ outcome }) => outcome === name).length;
  const failures = outcomes.flatMap(({ item: { source, event_id }, outcome }) =>
    typeof outcome === 'object'
      ? [{ source, event_id, reason: outcome.failed.slice(0, REASON_MAX_LENGTH) }]
      : [],
  );
  return { started: countOf('started'), skipped: countOf('skipped'), failed: failures.length, failures };
}
