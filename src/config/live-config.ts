// The config of a process, which may be replaced by another one while the process runs.
import type { Config } from './config.ts';

/** A config whose parts are always those of the latest one: look them up where they are used, and keep none. */
export class LiveConfig implements Config {
  #current: Config;
  readonly #listeners: ((config: Config) => void)[] = [];

  constructor(first: Config) {
    this.#current = first;
  }

  get tasks(): Config['tasks'] {
    return this.#current.tasks;
  }

  get callbacks(): Config['callbacks'] {
    return this.#current.callbacks;
  }

  get sources(): Config['sources'] {
    return this.#current.sources;
  }

  get endpoints(): Config['endpoints'] {
    return this.#current.endpoints;
  }

  get alerts(): Config['alerts'] {
    return this.#current.alerts;
  }

  get retention(): Config['retention'] {
    return this.#current.retention;
  }

  get secrets(): Config['secrets'] {
    return this.#current.secrets;
  }

  get warnings(): Config['warnings'] {
    return this.#current.warnings;
  }

  /** Calls the listener with the present config, and with each that replaces it. */
  onChange(listener: (config: Config) => void): void {
    this.#listeners.push(listener);
    listener(this.#current);
  }

  replace(config: Config): void {
    this.#current = config;
    for (const listener of this.#listeners) listener(config);
  }
}
