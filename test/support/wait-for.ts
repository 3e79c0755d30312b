// Waits until a condition holds, instead of for a fixed time.
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `read` until `isDone` holds, and returns what was read.
 *
 * @throws Error with the last value after `timeoutMs`
 */
export async function waitFor<T>(
  read: () => T | Promise<T>,
  isDone: (value: T) => boolean = Boolean,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (isDone(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`still not so after ${timeoutMs} ms: ${JSON.stringify(value)}`);
    await pause(50);
  }
}
