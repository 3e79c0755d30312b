// Limits the requests of each client that are under way at once, whatever connections they come on.
import type { RequestHandler } from 'express';
import { clientOf } from '../http/client-address.ts';
import { HttpError } from '../http/errors.ts';
import type { ClientCounts } from '../http/limit-connections.ts';

/** Behind trusted proxies a client is who they say that it is: the limit of connections does not hold there. */
export function limitRequests(requests: ClientCounts, trustedProxies: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const client = clientOf(request, trustedProxies);
    if (client === undefined) return next();
    if (!requests.enter(client)) {
      const detail = 'too many requests of this address are under way; send it again later';
      throw new HttpError('too_many_requests', detail, { headers: { 'retry-after': '5' }, bodyUnread: true });
    }
    response.once('close', () => requests.leave(client));
    next();
  };
}
