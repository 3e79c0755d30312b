// What a route threw, as the error that is answered.
import { BodyLostError, StorageUnavailableError } from '../storage/errors.ts';
import { DecryptionError } from '../temporal/encryption-codec.ts';
import { HttpError } from './errors.ts';

export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof DecryptionError || error instanceof BodyLostError)
    return new HttpError('payload_unreadable', error.message);
  if (error instanceof StorageUnavailableError) return new HttpError('storage_unavailable', error.message);
  // The router's own: a path that is not valid percent-encoding.
  if ((error as { status?: number }).status === 400)
    return new HttpError('bad_request', 'the path cannot be decoded');
  if (isUnavailable(error))
    return new HttpError('temporal_unavailable', 'Temporal does not answer; try again');
  return new HttpError('internal_error', 'the request failed; the log of this process says why');
}

/** gRPC's UNAVAILABLE, DEADLINE_EXCEEDED and RESOURCE_EXHAUSTED, as the SDK wraps them. */
function isUnavailable(error: unknown): boolean {
  const { code, cause } = error as { code?: number; cause?: { code?: number } };
  return [4, 8, 14].includes(code ?? cause?.code ?? 0);
}
