// Keeps a local activity from being done twice by one process, where its workflow task ran out of time.

/** Twice the workflow task time-out: a task that was lost is run again within it. */
const KEPT_MS = 60_000;

/**
 * The outcome of a local activity reaches Temporal with its workflow task. On a starved machine the task can run out
 * of time first; the server then gives it out again, mostly to the same process, which would call the handler and the
 * endpoints a second time. It is given what came out the first time instead.
 */
export class OncePerRun<T> {
  readonly #outcomes = new Map<string, { at: number; outcome: Promise<T> }>();

  /** @param key names one step of one run: it is done once, as its further tries are regular activities */
  async do(key: string, work: () => Promise<T>): Promise<T> {
    this.#forgetOld();
    const known = this.#outcomes.get(key);
    if (known) return await known.outcome;
    const outcome = work();
    this.#outcomes.set(key, { at: performance.now(), outcome });
    try {
      return await outcome;
    } catch (error) {
      this.#outcomes.delete(key);
      throw error;
    }
  }

  /** @returns what came out of it, if this process has done it of late */
  async recall(key: string): Promise<T | undefined> {
    return await this.#outcomes.get(key)?.outcome.catch(() => undefined);
  }

  /** A map keeps its entries in the order in which they came. */
  #forgetOld(): void {
    for (const [key, { at }] of this.#outcomes) {
      if (performance.now() - at < KEPT_MS) return;
      this.#outcomes.delete(key);
    }
  }
}
