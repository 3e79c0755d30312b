// Signs a request as a sender of a scheme would: for `surehook send` and for tests.
import { randomUUID } from 'node:crypto';
import { hmacText } from './algorithms.ts';
import { assertBytes } from './assert-bytes.ts';
import { signingKey } from './check-secret.ts';
import { findScheme, type HmacOptions, type SchemeName } from './schemes.ts';

export interface SignRequestOptions extends HmacOptions {
  scheme: SchemeName;
  secret: string;
  rawBody: Uint8Array;
  /** Sent if the scheme has a header for the event's id; other schemes have the id in the body. */
  eventId?: string;
  /** Sent if the scheme has a header for the event's type. */
  eventType?: string;
  /** Unix seconds; the system's clock unless given. */
  now?: number;
}

/**
 * Makes the headers that a sender of this scheme would set, under lower-case names. Standard Webhooks signs an id, so
 * an id (`msg_…`) is made when none is given.
 *
 * @throws TypeError for an unknown scheme, a secret that cannot be used or cannot sign, a body that is not bytes, or
 *   an event id that the scheme cannot sign (Standard Webhooks: visible ASCII without a dot)
 */
export function signRequest(options: SignRequestOptions): Record<string, string> {
  const scheme = findScheme(options.scheme, options);
  const key = signingKey(options.scheme, options.secret);
  assertBytes(options.rawBody);
  const names = scheme.headers[0];
  const id = options.eventId ?? (names.id ? `msg_${randomUUID()}` : undefined);
  const timestamp = scheme.timestamp ? timestampText(scheme.timestamp.unit, options.now) : '';

  const message = { body: options.rawBody, id: id ?? '', timestamp, method: 'POST', url: '' };
  const parts = scheme.content(message);
  if (!parts) {
    throw new TypeError(`The event id '${id}' cannot be signed: it must be visible ASCII without a dot.`);
  }
  const signature = scheme.format(hmacText(key.bytes, parts, scheme.encoding), timestamp);
  return present([
    [names.id ?? headerOf(scheme.eventId), id],
    [headerOf(scheme.eventType), options.eventType],
    [names.timestamp, timestamp],
    [names.signature, signature],
  ]);
}

function timestampText(unit: 's' | 'ms', now = Date.now() / 1000): string {
  return String(Math.floor(unit === 'ms' ? now * 1000 : now));
}

function headerOf(locators: readonly string[]): string | undefined {
  return locators.find((locator) => locator.startsWith('header.'))?.slice('header.'.length);
}

function present(
  entries: readonly (readonly [string | undefined, string | undefined])[],
): Record<string, string> {
  const given = entries.filter(
    (entry): entry is readonly [string, string] => entry[0] !== undefined && entry[1] !== undefined,
  );
  return Object.fromEntries(given);
}
