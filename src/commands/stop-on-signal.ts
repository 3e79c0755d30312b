// Turns the signals that end a process into an orderly stop.
import type { Running } from '../process/run.ts';

/** Ctrl-C, the stop of a process manager, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof SIGNALS)[number];
/** npm passes on a Ctrl-C that the terminal has sent here too: a signal this soon is the same Ctrl-C. */
const SAME_SIGNAL_MS = 1_000;
/** 128 + SIGINT, as shells have it. */
export const INTERRUPTED_EXIT_CODE = 130;

/**
 * Calls `stop` at the first signal. A later signal ends the process at once.
 *
 * @returns a function that removes the listeners again
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

/** Stops at a signal. @returns the exit code, once everything has stopped */
export async function waitForStop(running: Running, signals?: readonly StopSignal[]): Promise<number> {
  onStopSignal(() => running.stop(0), signals);
  return await running.stopped;
}
