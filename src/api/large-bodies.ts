// How many bytes of large bodies a process takes in at once.

/** Each is there some three times while it is parsed, compressed and encrypted. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** Without a limit, as many senders as like could fill the memory, and no signature is checked before a body is whole. */
export class LargeBodies {
  #bytes = 0;

  /** @returns what to call when the body is done with; undefined: refused */
  enter(bytes: number): (() => void) | undefined {
    if (this.#bytes + bytes > MOST_BYTES) return undefined;
    this.#bytes += bytes;
    return () => {
      this.#bytes -= bytes;
    };
  }
}
