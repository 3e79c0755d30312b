// The case file of a dead letter: it runs as long as the latest run of its event is a failed one that Temporal still has.
import {
  condition,
  defineSignal,
  patched,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CloseDeadLetter, DeadLetterInput, DeadLetterResult, Expiry } from '../contracts/dead-letter.ts';
import { CLOSE_SIGNAL } from '../contracts/dead-letter.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';

import { raiseAlert } from './raise-alert.ts';

export const closeSignal = defineSignal<[CloseDeadLetter]>(CLOSE_SIGNAL);

const { readRetention } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  // A server that does not say when a run will be deleted: then nobody is warned, and the case stays open.
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 10 },
});

export async function deadLetter(input: DeadLetterInput): Promise<DeadLetterResult> {
  try {
    return await untilClosed(input);
  } finally {
    removeMark();
  }
}

async function untilClosed(input: DeadLetterInput): Promise<DeadLetterResult> {
  let closed: DeadLetterResult | undefined;
  const isClosed = () => closed !== undefined;
  setHandler(closeSignal, (close: CloseDeadLetter) => {
    // The failed run itself may have been a reset, and its signal to the dead letter before it may come late.
    if (close.run_id !== input.run_id) closed ??= { ...close, closed_at: new Date().toISOString() };
  });
  await raiseAlert('dead_letter', input);
  // Those that were open before retention was looked at have no such steps in their histories.
  const expiry = patched('retention') ? await findExpiry() : undefined;
  if (expiry === undefined) await condition(isClosed);
  else if (!(await condition(isClosed, until(expiry.warns_at)))) {
    await raiseAlert('expiring', input);
    if (!(await condition(isClosed, until(expiry.expires_at)))) {
      if (patched('gone-is-told')) await raiseAlert('expired', input);
      return { how: 'expired', closed_at: new Date().toISOString() };
    }
  }
  const result = closed as unknown as DeadLetterResult;
  // The run that follows tells of every other end.
  if (result.how === 'gone' && patched('gone-is-told')) await raiseAlert('discarded', input);
  return result;
}

/** Those of older builds are not marked, and their histories have no such step. */
function removeMark(): void {
  const { deadLetter: mark } = SEARCH_ATTRIBUTES;
  if (workflowInfo().typedSearchAttributes.get(mark) !== undefined)
    upsertSearchAttributes([{ key: mark, value: null }]);
}

/** The failed run closes with the start of this workflow, give or take a moment; that is what its retention counts from. */
async function findExpiry(): Promise<Expiry | undefined> {
  try {
    const { retention_ms, warn_before_ms } = await readRetention();
    const end = workflowInfo().startTime.getTime() + retention_ms;
    const expiry: Expiry = {
      warns_at: new Date(end - warn_before_ms).toISOString(),
      expires_at: new Date(end).toISOString(),
    };
    upsertMemo({ ...expiry });
    return expiry;
  } catch {
    return undefined;
  }
}

const until = (time: string) => Math.max(1, Date.parse(time) - Date.now());
