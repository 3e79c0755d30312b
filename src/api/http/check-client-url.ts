// Refuses a URL of a client that is plainly not allowed, before anything is started.
import { type ClientUrlGuard, refusalOf } from '../../contracts/client-url.ts';
import { HttpError } from './errors.ts';

/**
 * The host's addresses are vetted later, whenever a connection is opened.
 *
 * @param field of the request, such as `webhook_url`
 * @throws HttpError `url_not_allowed`
 */
export function checkClientUrl(field: string, url: string, guard: ClientUrlGuard): void {
  const refusal = refusalOf(url, guard);
  if (refusal !== undefined) throw new HttpError('url_not_allowed', `${field}: ${refusal}`);
}
