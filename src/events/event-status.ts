// Derives the status of an event from its latest run.
import type { WorkflowExecutionStatusName } from '@temporalio/client';
import { DISCARD_EVENT } from '../contracts/dead-letter.ts';
import type { EventRun } from './read-event.ts';

export type EventStatus = 'processing' | 'delivering' | 'processed' | 'failed' | 'discarded' | 'canceled';

/** @param handled whether the handler of a running event has succeeded, or there is none */
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

/** The status of an event that was read whole: its steps tell `processing` from `delivering`. */
export function statusOf({ description, input, steps }: EventRun): EventStatus {
  const hasHandler = input.steps.some(({ step }) => step === 'handler');
  const handled = !hasHandler || steps.get('handler')?.status === 'succeeded';
  return toEventStatus({ type: description.type, status: description.status.name }, handled);
}
