// The errors of bodies that are not in Temporal.

/** The storage does not answer, or refuses. The same operation may succeed later. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** @returns the error that the storage threw, also if Temporal's SDK has wrapped it in an error of its own */
export function storageFaultOf(error: unknown): StorageUnavailableError | undefined {
  const { cause } = error as { cause?: unknown };
  return [error, cause].find((fault) => fault instanceof StorageUnavailableError);
}

/** The storage answers, but does not have the body as it was stored. */
export class BodyLostError extends Error {
  override readonly name = 'BodyLostError';
}
