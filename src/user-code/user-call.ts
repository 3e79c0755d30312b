// The calls that a child process is running, and which of them a stray error belongs to.
import { AsyncLocalStorage } from 'node:async_hooks';

/** One call of user code. */
export class UserCall {
  readonly id: number;
  readonly source: string;
  readonly controller = new AbortController();
  /** Rejects when an error that nobody caught is laid at this call's door. */
  readonly strayed: Promise<never>;
  #isRunning = true;
  #reject: (error: unknown) => void = () => undefined;

  constructor(id: number, source: string) {
    this.id = id;
    this.source = source;
    this.strayed = new Promise((_, reject) => {
      this.#reject = reject;
    });
    this.strayed.catch(() => undefined); // a call that ends well leaves nobody listening
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  end(): void {
    this.#isRunning = false;
  }

  stray(error: unknown): void {
    this.#reject(error);
  }
}

const current = new AsyncLocalStorage<UserCall>();

export function runCall<T>(call: UserCall, work: () => T): T {
  return current.run(call, work);
}

/**
 * Catches what no code has caught: rejections that nobody awaits, errors thrown in timers and by emitters.
 *
 * @param onStray gets errors that belong to no running call: of code at module level, or of a call that has ended
 */
export function catchStrayErrors(onStray: (error: unknown, source: string | undefined) => void): void {
  const listener = (error: unknown) => {
    const call = current.getStore();
    if (call?.isRunning) call.stray(error);
    else onStray(error, call?.source);
  };
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
}
