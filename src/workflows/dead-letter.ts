// The workflow of a dead letter: it runs while the event's latest run is a failed run that Temporal has.
import {
  condition,
  defineSignal,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  CLOSE_SIGNAL,
  type CloseDeadLetter,
  type DeadLetterInput,
  type DeadLetterResult,
  type Expiry,
} from '../contracts/dead-letter.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { raiseAlert } from './raise-alert.ts';

export const closeSignal = defineSignal<[CloseDeadLetter]>(CLOSE_SIGNAL);

const { readRetention } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '10s',
  // Not every server says when it deletes a run. Then nobody is warned, and the dead letter stays open.
  retry: { initialInterval: '1s', maximumInterval: '1m', maximumAttempts: 10 },
});

export async function deadLetter(input: DeadLetterInput): Promise<DeadLetterResult> {
  try {
    const result = await untilClosed(input);
    setCurrentDetails(`Closed: the event is no dead letter any more (${result.how})`);
    return result;
  } finally {
    removeMark();
  }
}

async function untilClosed(input: DeadLetterInput): Promise<DeadLetterResult> {
  let closed: DeadLetterResult | undefined;
  const isClosed = () => closed !== undefined;
  setHandler(closeSignal, (close: CloseDeadLetter) => {
    // If the failed run was a reset or a rerun, its signal to the former dead letter may come late.
    if (close.run_id !== input.run_id) closed ??= { ...close, closed_at: new Date().toISOString() };
  });
  await raiseAlert('dead_letter', input);
  const expiry = await findExpiry();
  if (expiry === undefined) await condition(isClosed);
  else if (!(await condition(isClosed, until(expiry.warns_at)))) {
    await raiseAlert('expiring', input);
    if (!(await condition(isClosed, until(expiry.expires_at)))) {
      await raiseAlert('expired', input);
      return { how: 'expired', closed_at: new Date().toISOString() };
    }
  }
  const result = closed as unknown as DeadLetterResult;
  // After `gone` nobody else raises an alert. After every other end the run that follows does.
  if (result.how === 'gone') await raiseAlert('discarded', input);
  return result;
}

/** The mark counts open dead letters, so it goes with the end of this one, cancellation included. */
function removeMark(): void {
  upsertSearchAttributes([{ key: SEARCH_ATTRIBUTES.deadLetter, value: null }]);
}

/** The failed run closes within moments of the start of this workflow, and its retention counts from then. */
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
