// Finds the client of each request, and gives it to everything that asks for `request.ip`: limits, allow lists and the log.
import type { RequestHandler } from 'express';
import { clientAddress, type ProxyTrust } from './forwarded-for.ts';

/** Express reads no ports and no `Forwarded`, and takes whatever stands in an entry for an address. */
export function findClient(trust: ProxyTrust): RequestHandler {
  return (request, _response, next) => {
    const value = clientAddress(request.socket.remoteAddress ?? '', request.headers, trust);
    Object.defineProperty(request, 'ip', { value });
    next();
  };
}
