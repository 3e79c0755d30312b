// Turns signals into an orderly stop.
import type { Running } from '../process/run.ts';

/** Ctrl-C, a process manager's stop, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];
/** npm passes on a Ctrl-C that the terminal has sent to us already: a repeat this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;
/** 128 + SIGINT, as shells count. */
export const INTERRUPTED_EXIT_CODE = 130;

/**
 * Calls `stop` at the first signal; a later one ends the process at once.
 *
 * @returns undoes it
 */
export function onStopSignal(stop: () => void, signals: readonly StopSignal[] = SIGNALS): () => void {
  let first = 0;
  const listener = () => {
    if (first === 0) {
      first = Date.now();
      stop();
    } else if (Date.now() - first > SAME_SIGNAL_MS) {
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** @returns the exit code, once everything has stopped */
export async function waitForStop(running: Running, signals?: readonly StopSignal[]): Promise<number> {
  onStopSignal(() => running.stop(0), signals);
  return await running.stopped;
}
