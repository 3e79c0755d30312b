// Keeps a process from doing a local activity twice when its workflow task has run out of time.

/** Twice the workflow task time-out: a task that was lost is run again within that time. */
const KEPT_MS = 60_000;
/** All outcomes together, as JSON. The oldest are forgotten first: their tasks have most probably ended. */
const KEPT_BYTES = 32 * 1_024 * 1_024;

/**
 * The outcome of a local activity reaches Temporal with its workflow task. On a starved machine the task can
 * run out of time first. The server then gives the task out again, mostly to the same process, which would
 * call the handler and the endpoints a second time. Instead, the process uses the first outcome again.
 */
export class OncePerRun<T> {
  readonly #outcomes = new Map<string, { at: number; bytes: number; outcome: Promise<T> }>();
  #bytes = 0;

  /** @param key names one step of one run: only its first attempt is a local activity */
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

  /** @returns the outcome, if this process has done the work and not forgotten it */
  async recall(key: string): Promise<T | undefined> {
    return await this.#outcomes.get(key)?.outcome.catch(() => undefined);
  }

  /** Starts with the oldest outcome, since a map keeps the order of insertion. */
  #forgetOld(): void {
    for (const [key, { at, bytes }] of this.#outcomes) {
      const isOld = performance.now() - at >= KEPT_MS;
      if (!isOld && this.#bytes <= KEPT_BYTES) return;
      if (!isOld && bytes === 0) continue; // its work has not ended
      this.#bytes -= bytes;
      this.#outcomes.delete(key);
    }
  }
}
