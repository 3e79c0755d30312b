// Limits the starts that are in flight at Temporal to as many as Temporal has shown to confirm in time.

/** The limit of a busy process whose Temporal keeps up. More starts would only keep more bodies, of up to a megabyte. */
const LIMIT_MAX = 1_000;
/** The limit until Temporal has shown more: at the 10 to 50 ms that a start takes, it allows thousands a second. */
const LIMIT_AT_FIRST = 100;
/** While Temporal is down, so many starts find out that it is back. */
const LIMIT_MIN = 4;

/**
 * A start goes on in the background after its 503, and the sender sends the event again. Without a limit, a Temporal
 * that has fallen behind gets ever more starts and confirms each of them too late: it stays behind for as long as the
 * senders go on. So the limit is halved whenever starts are confirmed too late, and grows by one with each start that
 * is confirmed in time, as TCP does it.
 */
export class Admission {
  #limit = LIMIT_AT_FIRST;
  #inFlight = 0;
  #loweredAt = Number.NEGATIVE_INFINITY;

  get limit(): number {
    return this.#limit;
  }

  /** @returns the object to which the caller reports how the start went; undefined if the start is refused */
  enter(now = performance.now()): Admitted | undefined {
    if (this.#inFlight >= this.#limit) return undefined;
    this.#inFlight += 1;
    return {
      inTime: () => {
        // A limit that is not used up says nothing about what Temporal can do.
        const isProven = this.#limit < LIMIT_AT_FIRST || this.#inFlight * 2 >= this.#limit;
        if (isProven) this.#limit = Math.min(LIMIT_MAX, this.#limit + 1);
      },
      tooLate: (lateAt = performance.now()) => {
        if (now < this.#loweredAt) return; // the limit was lowered for its crowd already
        this.#limit = Math.max(LIMIT_MIN, Math.floor(this.#limit / 2));
        this.#loweredAt = lateAt;
      },
      leave: () => {
        this.#inFlight -= 1;
      },
    };
  }
}

export interface Admitted {
  inTime(): void;
  tooLate(lateAt?: number): void;
  /** The start has ended, whatever answer its sender got before. */
  leave(): void;
}
