// Carries out the plan: signals processes, makes the endpoint fail, and records each fault in the book.
import { setTimeout as delay } from 'node:timers/promises';
import type { Book, Incident } from './book.ts';
import { type BadAnswer, DATABASE, type Fault, FLAKY, TEMPORAL } from './plan-faults.ts';
import type { Receiver } from './receiver.ts';
import type { Ingress } from './sender.ts';
import { STRANGERS, type Stranger, visit } from './strangers.ts';
import type { SurehookProcess } from './surehook-process.ts';
import type { TemporalServer } from './temporal-server.ts';

const POLL_MS = 25;
/** A start takes seconds, and up to half a minute while Temporal is away or the machine is busy. */
const UP_AGAIN_WITHIN_MS = 120_000;

export interface World {
  book: Book;
  temporal: TemporalServer;
  receiver: Receiver;
  processes: readonly SurehookProcess[];
  ingresses: readonly Ingress[];
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Resolves when the time is up and everything that was taken down is up again. */
export async function inflict(world: World, lanes: readonly Fault[][], durationMs: number): Promise<void> {
  const endsAt = world.book.startedAt + durationMs;
  const run = async (faults: readonly Fault[]) => {
    for (const fault of faults) {
      if (Date.now() + fault.calmMs + fault.forMs > endsAt) return;
      await delay(fault.calmMs, undefined, { signal: world.signal });
      await Promise.all(fault.targets.map((target) => inflictOn(world, fault, target)));
    }
  };
  await Promise.all(lanes.map(run));
}

async function inflictOn(world: World, fault: Fault, target: string): Promise<void> {
  if (isStranger(fault.action))
    return await letStrangersVisit(world, { ...fault, action: fault.action }, target);
  if (target === FLAKY) return await spoilEndpoint(world, fault);
  if (target === DATABASE) return await crashDatabase(world, fault);
  if (target === TEMPORAL) return await inflictOnTemporal(world, fault);
  const process = world.processes.find(({ name }) => name === target);
  if (!process?.isRunning) return skip(world, fault, target);
  const incident = begin(world, fault, process.instance);
  if (fault.action === 'stop') {
    process.signal('SIGSTOP');
    await delay(fault.forMs, undefined, { signal: world.signal });
    process.signal('SIGCONT');
  } else {
    await (fault.action === 'kill' ? process.kill() : process.terminate());
    await delay(fault.forMs, undefined, { signal: world.signal });
    process.start();
    await untilUpAgain(world, process);
  }
  incident.until = Date.now();
}

async function untilUpAgain({ book, signal }: World, process: SurehookProcess): Promise<void> {
  const deadline = Date.now() + UP_AGAIN_WITHIN_MS;
  while (!process.isUp) {
    if (Date.now() > deadline) {
      book.problems.push(`${process.instance} has not come up within ${UP_AGAIN_WITHIN_MS / 1_000} s`);
      return;
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function inflictOnTemporal(world: World, fault: Fault): Promise<void> {
  const { temporal, signal } = world;
  if (!temporal.isSettled) return skip(world, fault, TEMPORAL);
  const incident = begin(world, fault, temporal.instance);
  temporal.signal(fault.action === 'stop' ? 'SIGSTOP' : 'SIGKILL');
  await delay(fault.forMs, undefined, { signal });
  if (fault.action === 'stop') temporal.signal('SIGCONT');
  else await temporal.startAgain();
  incident.until = Date.now();
  if (fault.action === 'stop' && (await temporal.staysInterrupted(signal)))
    await inflictOnTemporal(world, { ...fault, action: 'kill', forMs: 0 });
}

/** The crash is recorded as the server's fault, since the server can confirm nothing without its database. */
async function crashDatabase(world: World, fault: Fault): Promise<void> {
  const { backend, instance } = world.temporal;
  const incident = begin(world, fault, `${instance}'s database`);
  await backend.database?.crash();
  await delay(fault.forMs, undefined, { signal: world.signal });
  await backend.database?.start();
  incident.until = Date.now();
}

async function spoilEndpoint(world: World, fault: Fault): Promise<void> {
  const incident = begin(world, fault, FLAKY);
  world.receiver.badAnswer = fault.action as BadAnswer;
  await delay(fault.forMs, undefined, { signal: world.signal });
  world.receiver.badAnswer = undefined;
  incident.until = Date.now();
}

const isStranger = (action: string): action is Stranger => STRANGERS.some((one) => one === action);

/** The target is an ingress and not its instance: strangers explain nothing that a good sender suffers. */
async function letStrangersVisit(
  world: World,
  fault: Fault & { action: Stranger },
  target: string,
): Promise<void> {
  const to = world.ingresses.find(({ name }) => name === target);
  if (!to) return;
  const incident = begin(world, fault, target);
  const { action: kind, sockets = 0, forMs } = fault;
  await visit(world.book, { kind, to, sockets, forMs, signal: world.signal });
  incident.until = Date.now();
}

function begin({ book, say }: World, { action, forMs }: Fault, target: string): Incident {
  say(`${book.clock().padStart(10)}  ${action} ${target} (${(forMs / 1_000).toFixed(1)} s)`);
  return book.begin(action, target);
}

function skip({ book, say }: World, { action }: Fault, target: string): void {
  say(`${book.clock().padStart(10)}  ${action} ${target}: left out, since it is not up yet`);
}
