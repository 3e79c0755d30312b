// Reads the address of a client out of what trusted proxies have written into the headers of a request.
import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';
import { isAddressIn } from './client-address.ts';

/** The headers in which proxies say for whom they speak: X-Forwarded-For, and that of RFC 7239. */
export type ForwardedHeader = 'x-forwarded-for' | 'forwarded';

export interface ProxyTrust {
  /** Addresses or CIDR ranges. */
  trustedProxies: readonly string[];
  /** The only header that is believed; undefined: `forwarded` counts where there is no `x-forwarded-for`. */
  forwardedHeader?: ForwardedHeader | undefined;
}

/**
 * Walks from the connection towards the client: each trusted proxy has written down the address that it saw. The first
 * address that is no trusted proxy is the client's. An entry that is no address ends the walk, since nobody knows what
 * stands behind it: the trusted proxy that wrote it counts then.
 */
export function clientAddress(
  peer: string,
  headers: IncomingHttpHeaders,
  { trustedProxies, forwardedHeader }: ProxyTrust,
): string {
  if (!isAddressIn(trustedProxies, peer)) return peer;
  let client = peer;
  for (const entry of entriesOf(headers, forwardedHeader).toReversed()) {
    if (entry === undefined) return client;
    client = entry;
    if (!isAddressIn(trustedProxies, client)) return client;
  }
  return client;
}

/** @returns an address per entry; undefined for an entry that names none */
function entriesOf(headers: IncomingHttpHeaders, only: ForwardedHeader | undefined): (string | undefined)[] {
  const { 'x-forwarded-for': given, forwarded } = headers;
  const list = Array.isArray(given) ? given.join(', ') : given;
  if (only !== 'forwarded' && list !== undefined) return list.split(',').map(toAddress);
  if (only === 'x-forwarded-for' || forwarded === undefined) return [];
  return splitOutsideQuotes(forwarded, ',').map(forOf);
}

/** `1.2.3.4`, `1.2.3.4:5678`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`. */
function toAddress(text: string): string | undefined {
  const entry = text.trim();
  const [, inBrackets, alone] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/i.exec(entry) ?? [];
  if (alone !== undefined) return ipaddr.IPv4.isValidFourPartDecimal(alone) ? alone : undefined;
  const address = inBrackets ?? entry;
  return /^[0-9a-f:.]+$/i.test(address) && ipaddr.IPv6.isValid(address) ? address : undefined;
}

/** The `for` of one element, such as `for="[2001:db8::1]:80";proto=https`. `unknown` and `_hidden` are no addresses. */
function forOf(element: string): string | undefined {
  for (const pair of splitOutsideQuotes(element, ';')) {
    const [, name = '', quoted, token] =
      /^\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^"\s]*))\s*$/.exec(pair) ?? [];
    if (name.toLowerCase() !== 'for') continue;
    return toAddress(quoted?.replaceAll(/\\(.)/g, '$1') ?? token ?? '');
  }
  return undefined;
}

/** A quoted text may hold the separator. A quote that does not end spoils everything behind it. */
function splitOutsideQuotes(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let [begin, isQuoted] = [0, false];
  for (let i = 0; i < text.length; i++) {
    if (isQuoted && text[i] === '\\') i += 1;
    else if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === separator && !isQuoted) {
      parts.push(text.slice(begin, i));
      begin = i + 1;
    }
  }
  return [...parts, text.slice(begin)];
}
