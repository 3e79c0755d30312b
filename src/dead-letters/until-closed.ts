// Waits until a dead letter has left list and count.
import { setTimeout as delay } from 'node:timers/promises';
import type { Expiry } from '../contracts/dead-letter.ts';
import { deadLetterIdOf } from '../contracts/ids.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeRunning } from '../temporal/describe-running.ts';
import { quote } from '../temporal/visibility.ts';
import { toExpiry } from './list.ts';

/** The run is started, whatever this shows: a worker closes the dead letter, and there may be none right now. */
const WITHIN_MS = 2_000;
const POLL_MS = 50;
/** Temporal limits the calls to its visibility: 10 a second, unless told otherwise. */
const COUNT_EVERY_MS = 250;

/** @returns the run that stands for the dead letter now, to be waited for later; undefined: there is none */
export async function openDeadLetterRunOf(
  temporal: Temporal,
  workflowId: string,
): Promise<string | undefined> {
  return (await describeRunning(temporal, deadLetterIdOf(workflowId)))?.runId;
}

/** When Temporal deletes a dead letter, if that is known. */
export async function expiryOf(temporal: Temporal, workflowId: string) {
  const open = await describeRunning(temporal, deadLetterIdOf(workflowId));
  return toExpiry((open?.memo ?? {}) as Partial<Expiry>);
}

/** Never rejects: what is waited for is a courtesy, and the run has been started. */
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
  const query = `RunId = ${quote(deadLetterRunId)} AND ExecutionStatus = 'Running'`;
  const deadline = Date.now() + WITHIN_MS;
  // Visibility is behind by a moment, and the calls to it are limited: it is asked once there is something to see.
  let isClosed = false;
  while (Date.now() < deadline) {
    isClosed ||= (await handle.describe()).status.name !== 'RUNNING';
    if (isClosed && (await client.workflow.count(query)).count === 0) return;
    await delay(isClosed ? COUNT_EVERY_MS : POLL_MS);
  }
}
