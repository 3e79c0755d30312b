// Limits the bytes of bodies that a process keeps at once, since no signature can be checked before a body is whole.
import { INLINE_MAX_BYTES } from '../../contracts/limits.ts';

const MIB = 1_024 * 1_024;
/** A large body is in memory some three times while it is parsed, compressed and encrypted. */
const LARGE_MAX_BYTES = 64 * MIB;
/** Far more than a process starts at once. A crowd that holds back the last byte of each body gets no further. */
const SMALL_MAX_BYTES = 256 * MIB;
/** The part that one client or one source may have: something is left for the others, whatever one of them sends. */
const SHARE = 3 / 4;

/** Who wants to send a body, and how large it says that the body is. */
export interface BodyClaim {
  source: string;
  /** undefined: one of many behind an address, who have no share of their own. */
  client: string | undefined;
  /** undefined: the body does not tell its size. */
  announcedBytes: number | undefined;
}

/** The part of the budget that one request has. */
export interface BodyAdmission {
  /** @returns whether there is room for so many more bytes of memory */
  add(bytes: number): boolean;
  leave(): void;
}

/** Counts bytes as they are held, never as they are announced: an announcement costs its sender nothing. */
export class BodyBudget {
  readonly #large = new Allowance(LARGE_MAX_BYTES);
  readonly #small = new Allowance(SMALL_MAX_BYTES);

  /** @returns undefined if the body is refused: with what is held now, it could not be taken in whole */
  enter({ source, client, announcedBytes = 0 }: BodyClaim): BodyAdmission | undefined {
    const holders = [`source ${source}`, ...(client === undefined ? [] : [`client ${client}`])];
    let allowance = announcedBytes > INLINE_MAX_BYTES ? this.#large : this.#small;
    if (!allowance.hasRoom(announcedBytes, holders)) return undefined;
    let held = 0;
    const add = (bytes: number) => {
      const isOutgrown = allowance === this.#small && held + bytes > INLINE_MAX_BYTES;
      if (!isOutgrown) {
        if (!allowance.take(bytes, holders)) return false;
      } else {
        if (!this.#large.take(held + bytes, holders)) return false;
        this.#small.give(held, holders);
        allowance = this.#large;
      }
      held += bytes;
      return true;
    };
    const leave = () => {
      allowance.give(held, holders);
      held = 0;
    };
    return { add, leave };
  }
}

class Allowance {
  readonly #maxBytes: number;
  #held = 0;
  readonly #heldBy = new Map<string, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hasRoom(bytes: number, holders: string[]): boolean {
    if (this.#held + bytes > this.#maxBytes) return false;
    const share = this.#maxBytes * SHARE;
    return holders.every((holder) => (this.#heldBy.get(holder) ?? 0) + bytes <= share);
  }

  take(bytes: number, holders: string[]): boolean {
    if (!this.hasRoom(bytes, holders)) return false;
    this.#change(bytes, holders);
    return true;
  }

  give(bytes: number, holders: string[]): void {
    this.#change(-bytes, holders);
  }

  #change(bytes: number, holders: string[]): void {
    this.#held += bytes;
    for (const holder of holders) {
      const held = (this.#heldBy.get(holder) ?? 0) + bytes;
      if (held > 0) this.#heldBy.set(holder, held);
      else this.#heldBy.delete(holder);
    }
  }
}
