// What can be wrong with a body that is not in Temporal.

/** The storage does not answer, or refuses: what failed may go well later. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** @returns what the storage threw, also where Temporal's SDK has wrapped it in an error of its own */
export function storageFaultOf(error: unknown): StorageUnavailableError | undefined {
  const { cause } = error as { cause?: unknown };
  return [error, cause].find((one) => one instanceof StorageUnavailableError);
}

/** The storage answers, and does not have the body as it was stored. */
export class BodyLostError extends Error {
  override readonly name = 'BodyLostError';
}
