// Stops a process once, whoever asks first: everything that was started, in order, the last started first.
import type { Logger } from 'pino';

/** The functions that stop what was started, in the order of the starts. */
export type Stops = (() => Promise<void>)[];

export class Lifetime {
  /** Resolves with the exit code once everything has stopped. */
  readonly stopped: Promise<number>;
  readonly #stops: Stops;
  readonly #log: Logger;
  #begun = false;
  #resolve: (exitCode: number) => void = () => undefined;

  constructor(stops: Stops, log: Logger) {
    this.#stops = stops;
    this.#log = log;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Begins the stop. Further calls change nothing. */
  stop(exitCode: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#log.info('stopping');
    stopAll(this.#stops).then(() => {
      this.#log.info('stopped');
      this.#resolve(exitCode);
    });
  }
}

/** A stop that fails does not keep the others from running. */
export async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.toReversed()) await stop().catch(() => undefined);
}
