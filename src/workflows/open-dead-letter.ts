// What an event's workflow does to its dead letter: opens it before it fails, closes it when it runs again.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type CloseDeadLetter,
  DEAD_LETTER,
  type DeadLetterInput,
  type DeadLetterMemo,
} from '../contracts/dead-letter.ts';
import type { EventMeta, StepName } from '../contracts/event.ts';
import { deadLetterIdOf } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import type { deadLetter } from './dead-letter.ts';
import { closeSignal } from './dead-letter.ts';
import { resets } from './resets.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export interface FailedEvent {
  event: EventMeta;
  failedSteps: StepName[];
  codes: string[];
  attempts: number;
  error: string;
}

/** A cancellation comes too late here: the event has failed. */
export async function openDeadLetter(it: FailedEvent): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    let seen: number;
    do {
      seen = resets.count;
      await open(it);
      // Reset to this very point: the reset has closed the dead letter that was open, and the event has failed still.
    } while (seen !== resets.count);
  });
}

async function open(it: FailedEvent): Promise<void> {
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
          { key: SEARCH_ATTRIBUTES.failedStep, value: fitting(it.failedSteps) },
          { key: SEARCH_ATTRIBUTES.error, value: fitting(it.codes) },
          { key: SEARCH_ATTRIBUTES.deadLetter, value: source },
        ],
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // That of the run before has been told to close, and has not yet. Nobody has told one whose run was deleted by
      // hand: the event was new to Temporal then.
      if (patched('close-stale-case')) await closeDeadLetter({ how: 'gone' });
      await sleep(wait);
    }
  }
}

/**
 * Also for a run that is cancelled: its event is no dead letter any more.
 *
 * @returns whether there was one: it may have been closed by hand, or its namespace has forgotten it
 */
export async function closeDeadLetter(close: Omit<CloseDeadLetter, 'run_id'>): Promise<boolean> {
  const { workflowId, runId } = workflowInfo();
  const handle = getExternalWorkflowHandle(deadLetterIdOf(workflowId));
  try {
    await CancellationScope.nonCancellable(() => handle.signal(closeSignal, { ...close, run_id: runId }));
    return true;
  } catch {
    return false;
  }
}

/** Temporal refuses a longer value (`limit.searchAttributesSizeOfValue`, 2,048 bytes), and ends the run. */
const SEARCH_ATTRIBUTE_MAX_BYTES = 2_000;

/** As many as fit; names and codes are ASCII. The failure's details have all of them. */
export function fitting(values: string[]): string[] {
  const kept: string[] = [];
  let bytes = 2; // brackets
  for (const value of values) {
    bytes += value.length + 3; // quotes and a comma
    if (bytes > SEARCH_ATTRIBUTE_MAX_BYTES) break;
    kept.push(value);
  }
  return kept;
}
