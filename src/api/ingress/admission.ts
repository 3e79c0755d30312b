// How many starts may be in flight at Temporal at once: as many as it has shown to confirm in time.

/** Of a busy process whose Temporal keeps up; more would only hold more bodies, of up to a megabyte each. */
const MOST = 1_000;
/** Until Temporal has shown more: at the 10 to 50 ms that a start takes, thousands a second. */
const AT_FIRST = 100;
/** With Temporal down, these find out that it is back. */
const LEAST = 4;

/**
 * A start goes on in the background after its 503, and the sender sends the event again. Without a limit, a Temporal
 * that has fallen behind is given ever more starts, confirms each too late, and so none: it stays behind for as long
 * as the senders go on. So the limit is halved whenever starts are confirmed too late, and grows by one with each that
 * is in time, as TCP does it.
 */
export class Admission {
  #limit = AT_FIRST;
  #inFlight = 0;
  #loweredAt = Number.NEGATIVE_INFINITY;

  get limit(): number {
    return this.#limit;
  }

  /** @returns what to call with how it went; undefined: refused */
  enter(now = performance.now()): Admitted | undefined {
    if (this.#inFlight >= this.#limit) return undefined;
    this.#inFlight += 1;
    return {
      inTime: () => {
        // A limit that is not used says nothing of what Temporal can do.
        const isProven = this.#limit < AT_FIRST || this.#inFlight * 2 >= this.#limit;
        if (isProven) this.#limit = Math.min(MOST, this.#limit + 1);
      },
      tooLate: (lateAt = performance.now()) => {
        if (now < this.#loweredAt) return; // it belongs to the same crowd
        this.#limit = Math.max(LEAST, Math.floor(this.#limit / 2));
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
  /** It is in flight no longer, whatever its sender was told. */
  leave(): void;
}
