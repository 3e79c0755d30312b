// What a nasty handler does, and the record of it: a deed that ends or blocks its process explains what that cost others.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Book, Incident } from './book.ts';

/** Fails its own attempt, and nothing else. */
const STRAYS = ['strays', 'throws'] as const;
/** Ends the process of the handler, with all calls that are under way in it. */
const ENDS = ['blocks', 'exits', 'fills', 'aborts', 'crashes'] as const;
export const DEEDS = [...STRAYS, ...ENDS] as const;

/** Blocks the process for `COMPUTES_MS`, and succeeds within its limit. */
export const COMPUTES = 'computes';
export const COMPUTES_MS = 40_000;
/** Attempts of an event of the source `hopeless`, each of which does the deed again. */
export const HOPELESS_ATTEMPTS = 3;

/** Steps from the deed to the end of the process are milliseconds long. */
const POLL_MS = 20;

/** A process that runs handlers; the name begins otherwise than that of its worker, whose fault this is not. */
export function handlerProcess(worker: string, pid: number): string {
  return `handlers ${pid} of ${worker}`;
}

/** Whether a fault is a deed that may have ended or blocked its handler process. */
export function isDeed({ action }: Pick<Incident, 'action'>): boolean {
  return action === COMPUTES || ENDS.some((one) => one === action);
}

/** Begins the incident of a deed that ends or blocks its process; the incident is over when the process is gone. */
export function watchDeed(book: Book, kind: string, worker: string, pid: number): void {
  if (!isDeed({ action: kind })) return;
  const incident = book.begin(kind, handlerProcess(worker, pid));
  void untilGone(incident, pid);
}

async function untilGone(incident: Incident, pid: number): Promise<void> {
  const begun = startOf(pid);
  const isThere = () => begun !== undefined && startOf(pid) === begun;
  while (incident.until === undefined && isThere()) await delay(POLL_MS, undefined, { ref: false });
  incident.until ??= Date.now();
}

/** The computing handler has unblocked its process. */
export function endDeed({ incidents }: Book, worker: string, pid: number): void {
  const target = handlerProcess(worker, pid);
  for (const incident of incidents)
    if (incident.action === COMPUTES && incident.target === target) incident.until ??= Date.now();
}

/**
 * When a process began, in ticks: in a long run its id is given to another process. A process that has ended is there
 * until its worker has noticed: a stopped worker notices late. undefined: there is none.
 */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
