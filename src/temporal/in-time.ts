// Waits for something, but not for longer than said: a native connection goes on trying whatever its caller wants.

/** It may still succeed, or fail, when nobody waits any more. */
export class LateError extends Error {}

/** @throws LateError if the promise has not settled by then, with `what` at the beginning of its message */
export async function inTime<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(`${what} within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
