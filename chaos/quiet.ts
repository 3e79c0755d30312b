// Waits, with bounds: for processes that come up, that get ready again after the faults, for every event to close.
import { setTimeout as delay } from 'node:timers/promises';
import type { World } from './inflict.ts';
import { type Outcome, readOutcomes } from './outcomes.ts';
import type { SurehookProcess } from './surehook-process.ts';

const POLL_MS = 250;
const UP_WITHIN_MS = 60_000;
/** Connections that wait for a server that was away try again every few seconds. */
const READY_WITHIN_MS = 60_000;
/** The longest schedule is 45 s; a lost worker is noticed after up to 30 s, several times in a row if it must be. */
const QUIET_WITHIN_MS = 180_000;
/** Each look costs the server a call per open event. */
const QUIET_POLL_MS = 1_000;

/** @throws Error if one does not come up: nothing has been done to it yet */
export async function untilUp(processes: readonly SurehookProcess[], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + UP_WITHIN_MS;
  for (const one of processes) {
    while (!one.isUp) {
      if (Date.now() > deadline)
        throw new Error(`${one.name} has not started within ${UP_WITHIN_MS / 1_000} s`);
      await delay(POLL_MS, undefined, { signal });
    }
  }
}

/** After the faults every process must work by itself: one that does not is a problem. */
export async function untilReady({ book, processes, signal }: World): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (const one of processes) {
    while (!(await isReady(one))) {
      if (Date.now() > deadline) {
        book.problems.push(`${one.instance} is not ready ${READY_WITHIN_MS / 1_000} s after the faults`);
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

/** Fills `outcomes`; what is open when the time is up is stuck. */
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
