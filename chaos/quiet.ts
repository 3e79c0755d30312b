// Waits, within limits, until processes are up, until they are ready after the faults, and until every event is closed.
import { setTimeout as delay } from 'node:timers/promises';
import type { World } from './inflict.ts';
import { type Outcome, readOutcomes } from './outcomes.ts';
import type { SurehookProcess } from './surehook-process.ts';

const POLL_MS = 250;
const UP_WITHIN_MS = 60_000;
/** Clients reconnect to a server that was away every few seconds. */
const READY_WITHIN_MS = 60_000;
/** The longest schedule takes 45 s. A lost worker is noticed after up to 30 s, and several may be lost in a row. */
const QUIET_WITHIN_MS = 180_000;
/** Each poll costs the server a call per open event. */
const QUIET_POLL_MS = 1_000;

/** @throws Error if a process does not come up within a minute: no fault has happened yet that would explain it */
export async function untilUp(processes: readonly SurehookProcess[], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + UP_WITHIN_MS;
  for (const process of processes) {
    while (!process.isUp) {
      if (Date.now() > deadline)
        throw new Error(`${process.name} has not started within ${UP_WITHIN_MS / 1_000} s`);
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

/** After the faults every process must get ready by itself: a process that does not is a problem. */
export async function untilReady({ book, processes, signal }: World): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (const process of processes) {
    while (!(await isReady(process))) {
      if (Date.now() > deadline) {
        book.problems.push(`${process.instance} is not ready ${READY_WITHIN_MS / 1_000} s after the faults`);
        break;
      }
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

async function isReady({ isUp, operatorUrl }: SurehookProcess): Promise<boolean> {
  if (!isUp) return false;
  try {
    return (await fetch(`${operatorUrl}/readyz`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

/** Fills `outcomes` until every event is closed; an event that is still open after three minutes is stuck. */
export async function untilQuiet(world: World, outcomes: Map<string, Outcome>): Promise<void> {
  const { book, temporal, say, signal } = world;
  const acknowledged = [...book.events.values()].filter((event) => event.acknowledgedAt !== undefined);
  const deadline = Date.now() + QUIET_WITHIN_MS;
  for (;;) {
    const open = await readOutcomes(temporal.client, acknowledged, outcomes);
    if (open === 0 || Date.now() > deadline) return;
    say(`${book.clock().padStart(10)}  ${open} events are open`);
    await delay(QUIET_POLL_MS, undefined, { signal });
  }
}
