// The last run of an event whose dead letter an operator has discarded: it makes resends duplicates.
import { defineQuery, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { DiscardEventInput, DiscardEventResult } from '../contracts/dead-letter.ts';
import { type EventProgress, STATUS_QUERY } from '../contracts/event.ts';
import { closeDeadLetter } from './open-dead-letter.ts';
import { raiseAlert } from './raise-alert.ts';

export async function discardEvent({
  event,
  reason,
  at,
  job_id,
}: DiscardEventInput): Promise<DiscardEventResult> {
  setHandler(defineQuery<EventProgress>(STATUS_QUERY), () => ({ status: 'discarded', steps: [] }));
  setCurrentDetails(`Discarded by an operator, with this reason:\n\n    ${reason.replaceAll(/\s+/g, ' ')}`);
  await closeDeadLetter({ how: 'discarded', reason, ...(job_id ? { job_id } : {}) });
  await raiseAlert('discarded', event);
  return { status: 'discarded', reason, at };
}
