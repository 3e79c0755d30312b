// What an event's workflow does to its dead letter: opens it before it fails, closes it when it runs again.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { deadLetterIdOf } from '../ids.ts';
import {
  CLOSE_SIGNAL,
  type CloseDeadLetter,
  DEAD_LETTER,
  type DeadLetterInput,
  type DeadLetterMemo,
  type EventMeta,
  SEARCH_ATTRIBUTES,
  type StepName,
} from '../messages.ts';
import type { deadLetter } from './dead-letter.ts';
import { resets } from './resets.ts';

export const closeSignal = defineSignal<[CloseDeadLetter]>(CLOSE_SIGNAL);

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export interface Case {
  event: EventMeta;
  failedSteps: StepName[];
  codes: string[];
  attempts: number;
  error: string;
}

/** A cancellation comes too late here: the event has failed. */
export async function openDeadLetter(it: Case): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    let seen: number;
    do {
      seen = resets.count;
      await open(it);
      // Reset to this very point: the reset has closed the dead letter that was open, and the event has failed still.
    } while (seen !== resets.count);
  });
}

async function open(it: Case): Promise<void> {
  const { workflowId: eventId, runId: run_id } = workflowInfo();
  const { source, event_id, event_type, received_at } = it.event;
  const { failedSteps: failed_steps, codes: errors } = it;
  const input: DeadLetterInput = { source, event_id, event_type, run_id, failed_steps, errors };
  const memo: DeadLetterMemo = { run_id, received_at, attempts: it.attempts, error: it.error };
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      await startChild<typeof deadLetter>(DEAD_LETTER, {
        workflowId: deadLetterIdOf(eventId),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        memo: { ...memo },
        staticSummary: `dead letter: ${event_type} from ${source}`,
        staticDetails: it.error,
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.source, value: source },
          { key: SEARCH_ATTRIBUTES.eventType, value: event_type },
          { key: SEARCH_ATTRIBUTES.failedStep, value: it.failedSteps },
          { key: SEARCH_ATTRIBUTES.error, value: it.codes },
        ],
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await sleep(wait); // that of the run before has been told to close, and has not yet
    }
  }
}

/** There may be none any more: it was closed by hand, or its namespace has forgotten it. */
export async function closeDeadLetter(close: Omit<CloseDeadLetter, 'run_id'>): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  try {
    await getExternalWorkflowHandle(deadLetterIdOf(workflowId)).signal(closeSignal, {
      ...close,
      run_id: runId,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
}
