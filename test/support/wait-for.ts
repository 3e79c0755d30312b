// Waits for a condition, never for a time.
import { setTimeout as pause } from 'node:timers/promises';

/** Polls until `read` gives something that `isDone`; then returns it. What was read last is in the error. */
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
