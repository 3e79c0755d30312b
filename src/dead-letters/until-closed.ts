// Waits until a dead letter has left the list and the count.
import { setTimeout as delay } from 'node:timers/promises';
import type { Expiry } from '../contracts/dead-letter.ts';
import { deadLetterIdOf } from '../contracts/ids.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeRunning } from '../temporal/describe-running.ts';
import { ANY_DIVISION, quote } from '../temporal/visibility.ts';
import { toExpiry } from './list.ts';

/** The run has started anyway; a worker closes the dead letter, and there may be no worker right now. */
const WITHIN_MS = 2_000;
const POLL_MS = 50;
/** Temporal limits the calls to its visibility: by default 10 a second. */
const COUNT_EVERY_MS = 250;

/** @returns the id of the dead letter's run, for `untilClosed`; undefined if no dead letter is open */
export async function openDeadLetterRunOf(
  temporal: Temporal,
  workflowId: string,
): Promise<string | undefined> {
  return (await describeRunning(temporal, deadLetterIdOf(workflowId)))?.runId;
}

/** When Temporal deletes the failed run of a dead letter, if that is known. */
export async function expiryOf(temporal: Temporal, workflowId: string) {
  const open = await describeRunning(temporal, deadLetterIdOf(workflowId));
  return toExpiry((open?.memo ?? {}) as Partial<Expiry>);
}

/** Never rejects: the run has started, and the wait is a courtesy. */
export async function untilClosed(
  temporal: Temporal,
  workflowId: string,
  deadLetterRunId: string | undefined,
): Promise<void> {
  if (deadLetterRunId !== undefined) await poll(temporal, workflowId, deadLetterRunId).catch(() => undefined);
}

async function poll(temporal: Temporal, workflowId: string, deadLetterRunId: string): Promise<void> {
  const { client } = temporal;
  const handle = client.workflow.getHandle(deadLetterIdOf(workflowId), deadLetterRunId);
  const query = `RunId = ${quote(deadLetterRunId)} AND ExecutionStatus = 'Running' AND ${ANY_DIVISION}`;
  const deadline = Date.now() + WITHIN_MS;
  // Visibility is a moment behind, and calls to it are limited: it is asked only once the run has closed.
  let isClosed = false;
  while (Date.now() < deadline) {
    isClosed ||= (await handle.describe()).status.name !== 'RUNNING';
    if (isClosed && (await client.workflow.count(query)).count === 0) return;
    await delay(isClosed ? COUNT_EVERY_MS : POLL_MS);
  }
}
