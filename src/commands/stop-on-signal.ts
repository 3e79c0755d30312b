// Turns signals into an orderly stop.
import type { Running } from '../run.ts';

/** npm passes on a Ctrl-C that the terminal has sent to us already: a repeat this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;
/** 128 + SIGINT, as shells count. */
const INTERRUPTED_EXIT_CODE = 130;

/** @returns the exit code, once everything has stopped */
export async function waitForStop(running: Running): Promise<number> {
  let first = 0;
  const onSignal = () => {
    if (first === 0) {
      first = Date.now();
      running.stop(0);
    } else if (Date.now() - first > SAME_SIGNAL_MS) {
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return await running.stopped;
}
