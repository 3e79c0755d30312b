// Signs a request as a sender of a scheme would: for `surehook send` and for tests.
import { randomUUID } from 'node:crypto';
import { assertBytes } from './assert-bytes.ts';
import { signingKey } from './check-secret.ts';
import type { Place } from './scheme.ts';
import { findScheme, type HmacOptions, type SchemeName } from './schemes/index.ts';

export interface SignRequestOptions extends HmacOptions {
  scheme: SchemeName;
  secret: string;
  rawBody: Uint8Array;
  /** Sent if the scheme has a header for the event's id; other schemes have the id in the body. */
  eventId?: string;
  /** Sent if the scheme has a header for the event's type. */
  eventType?: string;
  /** The HTTP method, for schemes that sign it; POST unless given. */
  method?: string;
  /** The public URL, for schemes that sign it. */
  url?: string;
  /** Unix seconds; the system's clock unless given. */
  now?: number;
}

/**
 * Makes the headers that a sender of this scheme would set, under lower-case names. Where a scheme signs an id, an id
 * (`msg_…`) is made when none is given.
 *
 * @throws TypeError for an unknown scheme, a scheme whose requests only the provider can sign, a secret that cannot be
 *   used or cannot sign, a body that is not bytes, or an event id that the scheme cannot sign (Standard Webhooks:
 *   visible ASCII without a dot)
 */
export function signRequest(options: SignRequestOptions): Record<string, string> {
  const scheme = findScheme(options.scheme, options);
  assertBytes(options.rawBody);
  const way = scheme.ways.find(({ sign }) => sign !== undefined);
  if (way?.sign === undefined)
    throw new TypeError(`Only the provider can sign a request of the scheme '${options.scheme}'.`);
  const key = signingKey(options.scheme, options.secret, options);
  const id = options.eventId ?? (way.signedId ? `msg_${randomUUID()}` : undefined);
  const headers = way.sign({
    key,
    secret: options.secret,
    options,
    body: options.rawBody,
    id: id ?? '',
    method: options.method ?? 'POST',
    url: options.url ?? '',
    nowSeconds: options.now ?? Date.now() / 1000,
  });
  return {
    ...put(way.signedId ? undefined : headerOf(scheme.eventId), id),
    ...put(headerOf(scheme.eventType), options.eventType),
    ...headers,
  };
}

function headerOf(places: readonly Place[]): string | undefined {
  const place = places.find((one) => typeof one === 'string' && one.startsWith('header.'));
  return typeof place === 'string' ? place.slice('header.'.length) : undefined;
}

function put(name: string | undefined, value: string | undefined): Record<string, string> {
  return name === undefined || value === undefined ? {} : { [name]: value };
}
