// Signs a request as a sender of a scheme would: for `surehook send` and for tests.
import { randomUUID } from 'node:crypto';
import { assertBytes } from './assert-bytes.ts';
import { signingKey } from './check-secret.ts';
import type { Place, Signing } from './scheme.ts';
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

/** A request as its sender sends it: with the given body and URL, unless the signature stands in one of them. */
export interface SignedWebhook {
  headers: Record<string, string>;
  rawBody: Uint8Array;
  /** '' if none was given; only a query, with its `?`, if none was given and the scheme adds one. */
  url: string;
}

/**
 * Makes the headers that a sender of this scheme would set, under lower-case names. Where a scheme signs an id, an id
 * (`msg_…`) is made when none is given.
 *
 * @throws TypeError as `signWebhook`, and for a scheme that signs in the body or the URL
 */
export function signRequest(options: SignRequestOptions): Record<string, string> {
  const { headers, body, url } = sign(options);
  if (body === undefined && url === undefined) return headers;
  throw new TypeError(
    `The scheme '${options.scheme}' has its signature in the ${body === undefined ? 'URL' : 'body'}: use signWebhook.`,
  );
}

/**
 * Makes the headers, the body and the URL that a sender of this scheme would send. Where a scheme signs an id, an id
 * (`msg_…`) is made when none is given.
 *
 * @throws TypeError for an unknown scheme, a scheme whose requests only the provider can sign, a secret that cannot be
 *   used or cannot sign, a body that is not bytes or has no place for the signature, or an event id that the scheme
 *   cannot sign (Standard Webhooks: visible ASCII without a dot)
 */
export function signWebhook(options: SignRequestOptions): SignedWebhook {
  const { headers, body = options.rawBody, url = options.url ?? '' } = sign(options);
  return { headers, rawBody: body, url };
}

function sign(options: SignRequestOptions): Signing {
  const scheme = findScheme(options.scheme, options);
  assertBytes(options.rawBody);
  const way = scheme.ways.find(({ sign }) => sign !== undefined);
  if (way?.sign === undefined)
    throw new TypeError(`Only the provider can sign a request of the scheme '${options.scheme}'.`);
  const key = signingKey(options.scheme, options.secret, options);
  const id = options.eventId ?? (way.signedId ? `msg_${randomUUID()}` : undefined);
  const signing = way.sign({
    key,
    secret: options.secret,
    options,
    body: options.rawBody,
    id: id ?? '',
    method: options.method ?? 'POST',
    url: options.url ?? '',
    nowSeconds: options.now ?? Date.now() / 1000,
  });
  const headers = {
    ...put(way.signedId ? undefined : headerOf(scheme.eventId), id),
    ...put(headerOf(scheme.eventType), options.eventType),
    ...signing.headers,
  };
  return { ...signing, headers };
}

function headerOf(places: readonly Place[]): string | undefined {
  const place = places.find((one) => typeof one === 'string' && one.startsWith('header.'));
  return typeof place === 'string' ? place.slice('header.'.length) : undefined;
}

function put(name: string | undefined, value: string | undefined): Record<string, string> {
  return name === undefined || value === undefined ? {} : { [name]: value };
}
