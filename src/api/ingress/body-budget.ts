// How many bytes of bodies a process holds at once: no signature is checked before a body is whole.
import { INLINE_MAX_BYTES } from '../../contracts/limits.ts';

const MIB = 1_024 * 1_024;
/** Each is there some three times while it is parsed, compressed and encrypted. */
const LARGE_MOST_BYTES = 64 * MIB;
/** Far more than a process starts at once; a crowd that holds back the last byte of each body gets no further. */
const SMALL_MOST_BYTES = 256 * MIB;

/** What one request holds. */
export interface BodyAdmission {
  /** @returns whether there is room for so many bytes that have come */
  add(bytes: number): boolean;
  leave(): void;
}

export class BodyBudget {
  #large = 0;
  #small = 0;

  /**
   * Large bodies are counted as they are announced, so that each that is begun can end; small ones as they come.
   *
   * @param bytes at most so many will come
   * @returns undefined: refused
   */
  enter(bytes: number): BodyAdmission | undefined {
    return bytes > INLINE_MAX_BYTES ? this.#enterLarge(bytes) : this.#enterSmall();
  }

  #enterLarge(bytes: number): BodyAdmission | undefined {
    if (this.#large + bytes > LARGE_MOST_BYTES) return undefined;
    this.#large += bytes;
    const leave = () => {
      this.#large -= bytes;
    };
    return { add: () => true, leave };
  }

  #enterSmall(): BodyAdmission {
    let held = 0;
    const add = (bytes: number) => {
      if (this.#small + bytes > SMALL_MOST_BYTES) return false;
      this.#small += bytes;
      held += bytes;
      return true;
    };
    const leave = () => {
      this.#small -= held;
    };
    return { add, leave };
  }
}
