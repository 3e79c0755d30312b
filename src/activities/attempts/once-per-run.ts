// Keeps a local activity from being done twice by one process, where its workflow task ran out of time.

/** Twice the workflow task time-out: a task that was lost is run again within it. */
const KEPT_MS = 60_000;
/** Together, as JSON. The oldest go first: their tasks have most probably ended. */
const KEPT_BYTES = 32 * 1_024 * 1_024;

/**
 * The outcome of a local activity reaches Temporal with its workflow task. On a starved machine the task can run out
 * of time first; the server then gives it out again, mostly to the same process, which would call the handler and the
 * endpoints a second time. It is given what came out the first time instead.
 */
export class OncePerRun<T> {
  readonly #outcomes = new Map<string, { at: number; bytes: number; outcome: Promise<T> }>();
  #bytes = 0;

  /** @param key names one step of one run: it is done once, as its further attempts are regular activities */
  async do(key: string, work: () => Promise<T>): Promise<T> {
    this.#forgetOld();
    const known = this.#outcomes.get(key);
    if (known) return await known.outcome;
    const outcome = work();
    const entry = { at: performance.now(), bytes: 0, outcome };
    this.#outcomes.set(key, entry);
    try {
      const value = await outcome;
      entry.bytes = JSON.stringify(value)?.length ?? 0;
      if (this.#outcomes.get(key) === entry) this.#bytes += entry.bytes;
      return value;
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
    for (const [key, { at, bytes }] of this.#outcomes) {
      const isOld = performance.now() - at >= KEPT_MS;
      if (!isOld && this.#bytes <= KEPT_BYTES) return;
      if (!isOld && bytes === 0) continue; // it is still being done
      this.#bytes -= bytes;
      this.#outcomes.delete(key);
    }
  }
}
