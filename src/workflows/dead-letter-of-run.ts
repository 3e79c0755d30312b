// The dead letter that a rerun or a reset takes up: it closes at the start, and the alert routes get its end.
import type { EventMeta, Rerun } from '../contracts/event.ts';
import { closeDeadLetter } from './open-dead-letter.ts';
import { raiseAlert } from './raise-alert.ts';
import type { Resets } from './resets.ts';

export interface EventOfRun {
  event: EventMeta;
  rerun: Rerun | undefined;
  resets: Resets;
}

export class DeadLetterOfRun {
  readonly #event: EventMeta;
  readonly #rerun: Rerun | undefined;
  readonly #resets: Resets;
  /** A cancelled event can be resent, too: then there was no dead letter, and no alert reports an end. */
  #wasThere: boolean;

  constructor({ event, rerun, resets }: EventOfRun) {
    this.#event = event;
    this.#rerun = rerun;
    this.#resets = resets;
    this.#wasThere = rerun?.how === 'replayed'; // only a dead letter is replayed, even if it is closed by now
  }

  /** False in a first run that nobody has reset: it spares the promises of the methods below. */
  get mayExist(): boolean {
    return this.#rerun !== undefined || this.#resets.closed !== undefined;
  }

  /** The event runs again. A reset has closed the dead letter already. */
  async reopened(): Promise<void> {
    if (this.#resets.closed) await this.#awaitReset();
    else if (this.#rerun) {
      const { how, job_id } = this.#rerun;
      if (await closeDeadLetter({ how, ...(job_id ? { job_id } : {}) })) this.#wasThere = true;
    }
  }

  /** The run has succeeded. */
  async recovered(): Promise<void> {
    await this.#awaitReset();
    if (this.#wasThere) await raiseAlert('recovered', this.#event);
  }

  /** The run was cancelled: the alert routes learn that the dead letter has ended. */
  async discarded(): Promise<void> {
    await this.#awaitReset();
    if (this.#wasThere) await raiseAlert('discarded', this.#event);
  }

  async #awaitReset(): Promise<void> {
    if (await this.#resets.closed) this.#wasThere = true;
  }
}
