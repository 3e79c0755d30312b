// What a route threw, as the error that is answered.
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
  const refused = toRefusal(error as Refusal);
  if (refused) return refused;
  if (isUnavailable(error))
    return new HttpError('temporal_unavailable', 'Temporal does not answer; try again');
  return new HttpError('internal_error', 'the request failed; the log of this process says why');
}

/** What Express throws: its router a URIError, its body parser an error with a type for each fault. */
interface Refusal {
  status?: number;
  type?: string;
  expose?: boolean;
  message: string;
}

function toRefusal(error: Refusal): HttpError | undefined {
  const { status = 500, type, expose, message } = error;
  if (error instanceof URIError) return new HttpError('bad_request', 'the path cannot be decoded');
  if (status < 400 || status > 499 || type === undefined || !expose) return undefined; // somebody else's, such as a schema's own
  if (status === 413)
    return new HttpError('payload_too_large', 'the body is over the limit', { bodyUnread: true });
  if (type === 'entity.parse.failed') return new HttpError('invalid_json', 'the body is not JSON');
  return new HttpError('bad_request', `the body cannot be read: ${message.slice(0, 200)}`);
}
