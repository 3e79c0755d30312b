// Knows the clients of the agent API by their keys, and bounds what each may ask for.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import type { ApiKey } from '../../config/api-keys.ts';
import { HttpError } from '../http/errors.ts';
import { type Rate, RequestRates } from '../http/request-rates.ts';

export class Clients {
  readonly #keys: readonly { client: string; digest: Buffer }[];

  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys.map(({ client, key }) => ({ client, digest: digestOf(`Bearer ${key}`) }));
  }

  /** Compares digests in constant time with every key, so that the time says nothing about any of them. */
  find(authorization: string | undefined): string | undefined {
    const given = digestOf(authorization ?? '');
    let found: string | undefined;
    for (const { client, digest } of this.#keys) if (timingSafeEqual(given, digest)) found = client;
    return found;
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest();

/** The client of a request that `requireClient` has let pass. */
export function clientNameOf({ locals }: Pick<Response, 'locals'>): string {
  return locals.client as string;
}

/**
 * Lets a request pass that carries a client's key, within the client's rate.
 *
 * @throws HttpError `unauthorized` or `rate_limited`
 */
export function requireClient(clients: Clients, rate: Rate): RequestHandler {
  const rates = new RequestRates('requests');
  return (request: Request, response, next) => {
    const client = clients.find(request.headers.authorization);
    if (client === undefined) {
      const headers = { 'www-authenticate': 'Bearer' };
      const detail = 'send Authorization: Bearer <api key>, one of SUREHOOK_API_KEYS';
      throw new HttpError('unauthorized', detail, { headers, bodyUnread: true });
    }
    response.locals.client = client;
    const { isWithin, headers } = rates.count(client, rate);
    response.set(headers);
    if (isWithin) return next();
    const detail = `client ${client} asks too often; the answer says when it may ask again`;
    throw new HttpError('rate_limited', detail, { headers, bodyUnread: true });
  };
}
