// The status of an event, told from its latest run.
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import { DISCARD_EVENT } from '../contracts/dead-letter.ts';
import type { EventRun } from './read-event.ts';

export type EventStatus = 'processing' | 'delivering' | 'processed' | 'failed' | 'discarded' | 'canceled';

/** @param handled whether a running event has its handler behind it */
export function toEventStatus(
  { type, status }: { type: string; status: WorkflowExecutionStatusName },
  handled = false,
): EventStatus {
  if (type === DISCARD_EVENT && (status === 'RUNNING' || status === 'COMPLETED')) return 'discarded';
  switch (status) {
    case 'COMPLETED':
      return 'processed';
    case 'FAILED':
    case 'TIMED_OUT':
      return 'failed';
    case 'CANCELLED':
    case 'TERMINATED':
      return 'canceled';
    default:
      return handled ? 'delivering' : 'processing';
  }
}

/** Of one that was read whole, and so also how far it is. */
export function statusOf({ description, input, steps }: EventRun): EventStatus {
  const hasHandler = input.steps.some(({ step }) => step === 'handler');
  const handled = !hasHandler || steps.get('handler')?.status === 'succeeded';
  return toEventStatus({ type: description.type, status: description.status.name }, handled);
}
