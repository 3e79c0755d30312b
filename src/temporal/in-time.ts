// Waits for a promise for a limited time: a call of a native connection goes on for longer than its caller can wait.

/** The operation may still succeed or fail after this error. */
export class LateError extends Error {}

/** @throws LateError if the promise has not settled after `ms`; `what` begins its message */
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
