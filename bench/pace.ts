// Paces the sending of events: an open loop keeps a rate whatever comes back, a closed loop a number in flight.
import { setTimeout as delay } from 'node:timers/promises';

export type Load =
  | { kind: 'open'; perSecond: number; seconds: number }
  | { kind: 'closed'; count: number; atOnce: number };

export function countOf(load: Load): number {
  return load.kind === 'open' ? load.perSecond * load.seconds : load.count;
}

/** Resolves when every `send` has resolved. */
export async function pace(load: Load, send: (i: number) => Promise<void>): Promise<void> {
  if (load.kind === 'open') await openLoop(load, send);
  else await closedLoop(load, send);
}

async function openLoop(load: Load & { kind: 'open' }, send: (i: number) => Promise<void>): Promise<void> {
  const begin = performance.now();
  const sent: Promise<void>[] = [];
  for (let i = 0; i < countOf(load); i++) {
    const wait = begin + (i * 1_000) / load.perSecond - performance.now();
    if (wait > 0) await delay(wait);
    sent.push(send(i));
  }
  await Promise.all(sent);
}

async function closedLoop(
  { count, atOnce }: Load & { kind: 'closed' },
  send: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const sendInTurn = async () => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, sendInTurn));
}
