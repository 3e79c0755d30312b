// Turns what a route threw into the error that the client gets.
import { DecryptionError } from '../../payloads/encryption-codec.ts';
import { BodyLostError, storageFaultOf } from '../../storage/errors.ts';
import { isUnavailable } from '../../temporal/grpc-code.ts';
import { HttpError } from './errors.ts';

export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof DecryptionError || error instanceof BodyLostError)
    return new HttpError('payload_unreadable', error.message);
  const storageFault = storageFaultOf(error);
  if (storageFault) return new HttpError('storage_unavailable', storageFault.message);
  if (error instanceof URIError) return new HttpError('bad_request', 'the path cannot be decoded'); // from Express's router
  if (isUnavailable(error))
    return new HttpError('temporal_unavailable', 'Temporal does not answer; try again');
  return new HttpError('internal_error', 'the request failed; the log of this process says why');
}
