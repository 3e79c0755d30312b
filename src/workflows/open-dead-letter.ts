// How an event's workflow opens its dead letter before it fails, and closes it when the event runs again.
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type CloseDeadLetter,
  DEAD_LETTER,
  type DeadLetterInput,
  type DeadLetterMemo,
  type StepFailure,
} from '../contracts/dead-letter.ts';
import type { EventMeta, StepName } from '../contracts/event.ts';
import { shortType } from '../contracts/event-type.ts';
import { deadLetterIdOf, workflowIdOf } from '../contracts/ids.ts';
import { SEARCH_ATTRIBUTE_MAX_BYTES } from '../contracts/limits.ts';
import { MACHINERY, SEARCH_ATTRIBUTES } from '../contracts/search-attributes.ts';
import { closeSignal, type deadLetter } from './dead-letter.ts';
import type { Resets } from './resets.ts';

/** The former dead letter closes within one workflow task: a second, unless no worker has time. */
const FIRST_WAIT_MS = 1_000;
/** Each wait adds events to the history; a minute is soon enough after something went wrong for so long. */
const LONGEST_WAIT_MS = 60_000;

export interface FailedEvent {
  event: EventMeta;
  failedSteps: StepName[];
  codes: string[];
  attempts: number;
  error: string;
  failures: StepFailure[];
  /** Markdown for the Web UI. */
  details: string;
}

/** The event has failed: a cancellation comes too late, and is ignored. */
export async function openDeadLetter(failed: FailedEvent, resets: Resets): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    let seen: number;
    do {
      seen = resets.count;
      await open(failed);
      // A reset to this very point has closed the dead letter that was open, but the event has still failed.
    } while (seen !== resets.count);
  });
}

async function open(failed: FailedEvent): Promise<void> {
  const { workflowId: eventId, runId: run_id } = workflowInfo();
  const { source, event_id, event_type, received_at } = failed.event;
  const { failedSteps: failed_steps, codes: errors } = failed;
  const input: DeadLetterInput = { source, event_id, event_type, run_id, failed_steps, errors };
  const { attempts, error, failures } = failed;
  const named = eventId === workflowIdOf(source, event_id) ? {} : { event_id };
  const memo: DeadLetterMemo = { run_id, received_at, attempts, error, failures, ...named };
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    try {
      await startChild<typeof deadLetter>(DEAD_LETTER, {
        workflowId: deadLetterIdOf(eventId),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        memo: { ...memo },
        staticSummary: `dead letter: ${shortType(event_type)} from ${source}`,
        staticDetails: failed.details,
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.source, value: source },
          { key: SEARCH_ATTRIBUTES.eventType, value: event_type },
          { key: SEARCH_ATTRIBUTES.failedStep, value: fitting(failed.failedSteps) },
          { key: SEARCH_ATTRIBUTES.error, value: fitting(failed.codes) },
          { key: SEARCH_ATTRIBUTES.deadLetter, value: source },
          MACHINERY,
        ],
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // The dead letter of an earlier run is still open. Usually it has a signal to close and is about to. If
      // somebody has deleted its run by hand, this run was a first run, which has sent no signal; a second
      // signal does nothing.
      await closeDeadLetter({ how: 'gone' });
      await sleep(wait);
    }
  }
}

/**
 * Closes the dead letter even if this run is cancelled: the event has run again. Never rejects.
 *
 * @returns whether a dead letter was open; it may have been closed by hand
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

/** The first values that fit into a search attribute, all ASCII. The failure's details have every value. */
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
