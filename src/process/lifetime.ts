// One stop per process, whatever asks for it: in order, the last started first.
import type { Logger } from 'pino';

/** Things to stop, the last started last. */
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

export async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.reverse()) await stop().catch(() => undefined);
}
