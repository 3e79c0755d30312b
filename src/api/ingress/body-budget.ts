// Limits the bytes of bodies that a process keeps at once, since no signature can be checked before a body is whole.
import { INLINE_MAX_BYTES } from '../../contracts/limits.ts';

const MIB = 1_024 * 1_024;
/** A large body is in memory some three times while it is parsed, compressed and encrypted. */
const LARGE_MAX_BYTES = 64 * MIB;
/** Far more than a process starts at once. A crowd that holds back the last byte of each body gets no further. */
const SMALL_MAX_BYTES = 256 * MIB;

/** The part of the budget that one request has. */
export interface BodyAdmission {
  /** @returns whether there is room for the bytes that have come */
  add(bytes: number): boolean;
  leave(): void;
}

export class BodyBudget {
  #large = 0;
  #small = 0;

  /**
   * Counts a large body when it is announced, so that each body that has begun can end, and a small body as it comes.
   *
   * @param bytes the largest number of bytes that will come
   * @returns undefined if the body is refused
   */
  enter(bytes: number): BodyAdmission | undefined {
    return bytes > INLINE_MAX_BYTES ? this.#enterLarge(bytes) : this.#enterSmall();
  }

  #enterLarge(bytes: number): BodyAdmission | undefined {
    if (this.#large + bytes > LARGE_MAX_BYTES) return undefined;
    this.#large += bytes;
    const leave = () => {
      this.#large -= bytes;
    };
    return { add: () => true, leave };
  }

  #enterSmall(): BodyAdmission {
    let counted = 0;
    const add = (bytes: number) => {
      if (this.#small + bytes > SMALL_MAX_BYTES) return false;
      this.#small += bytes;
      counted += bytes;
      return true;
    };
    const leave = () => {
      this.#small -= counted;
    };
    return { add, leave };
  }
}
