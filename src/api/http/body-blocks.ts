// Keeps the bytes of a body that comes in parts: copied into blocks, so that a part of one byte costs one byte.

/** The first block, of which a body that trickles needs no more; each further block is as large as all before it. */
const FIRST_BLOCK_BYTES = 4_096;
/** So that a body is held at most once more while the last block is filled. */
const BLOCK_MAX_BYTES = 1_048_576;

/** Node gives each part as a Buffer of its own: 420 bytes of memory were measured for a part of one byte. */
export class BodyBlocks {
  readonly #mostBytes: number;
  readonly #onHeld: (bytes: number) => void;
  #blocks: Buffer[] = [];
  #held = 0;
  #size = 0;

  /**
   * @param mostBytes no more will come
   * @param onHeld called with the size of each block before there is one; if it throws, there is none
   */
  constructor(mostBytes: number, onHeld: (bytes: number) => void) {
    this.#mostBytes = mostBytes;
    this.#onHeld = onHeld;
  }

  get size(): number {
    return this.#size;
  }

  /** @throws what `onHeld` throws */
  add(part: Uint8Array): void {
    for (let taken = 0; taken < part.length; ) {
      if (this.#size === this.#held) this.#grow(part.length - taken);
      const block = this.#blocks.at(-1) as Buffer;
      const free = this.#held - this.#size;
      const piece = part.subarray(taken, taken + free);
      block.set(piece, block.length - free);
      this.#size += piece.length;
      taken += piece.length;
    }
  }

  /** @returns the body in memory of its own, never a view of a pool that other requests use too */
  take(): Buffer {
    const [first] = this.#blocks;
    if (first && this.#blocks.length === 1 && first.length === this.#size) {
      this.free();
      return first;
    }
    const body = Buffer.allocUnsafeSlow(this.#size);
    let at = 0;
    for (let block = this.#blocks.shift(); block; block = this.#blocks.shift()) at += block.copy(body, at);
    this.free();
    return body;
  }

  free(): void {
    this.#blocks = [];
    this.#held = 0;
    this.#size = 0;
  }

  #grow(wanted: number): void {
    const bytes = Math.min(Math.max(this.#held, FIRST_BLOCK_BYTES, wanted), BLOCK_MAX_BYTES);
    const length = Math.min(bytes, Math.max(this.#mostBytes - this.#held, 1));
    this.#onHeld(length);
    this.#blocks.push(Buffer.allocUnsafeSlow(length));
    this.#held += length;
  }
}
