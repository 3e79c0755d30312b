// What can be wrong with a body that is not in Temporal.

/** The storage does not answer, or refuses: what failed may go well later. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** The storage answers, and does not have the body as it was stored. */
export class BodyLostError extends Error {
  override readonly name = 'BodyLostError';
}
