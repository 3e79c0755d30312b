// Says whether an IP address is one that a URL of a client may lead to: unicast, and reachable from the whole internet.
import ipaddr from 'ipaddr.js';

const LOOPBACK = 'loopback';

/**
 * What is not globally reachable, by the registries of special-purpose addresses of IANA (RFC 6890), and ranges that
 * carry another address inside, by which a private one could be reached. A range in 192.0.0.0/24 or 2001::/23 that is
 * reachable serves a protocol, and no web server.
 */
const RANGES_V4: [cidr: string, what: string][] = [
  ['0.0.0.0/8', 'this machine or network'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared by a carrier (CGNAT)'],
  ['127.0.0.0/8', LOOPBACK],
  ['168.63.129.16/32', 'a service of the cloud for its own machines'], // Azure's, which stands in no registry
  ['169.254.0.0/16', 'link-local, where clouds have their metadata'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'of protocols'],
  ['192.0.2.0/24', 'for documentation'],
  ['192.31.196.0/24', 'of AS112'],
  ['192.52.193.0/24', 'of multicast tunnels (AMT)'],
  ['192.88.99.0/24', 'of 6to4 relays'],
  ['192.168.0.0/16', 'private'],
  ['192.175.48.0/24', 'of AS112'],
  ['198.18.0.0/15', 'for benchmarks'],
  ['198.51.100.0/24', 'for documentation'],
  ['203.0.113.0/24', 'for documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved or broadcast'],
];
const RANGES_V6: [cidr: string, what: string][] = [
  ['::1/128', LOOPBACK],
  ['::/128', 'this machine'],
  ['::ffff:0:0/96', 'an IPv4 address mapped into IPv6'],
  ['::ffff:0:0:0/96', 'an IPv4 address translated into IPv6'],
  ['::/96', 'an IPv4 address inside IPv6'],
  ['64:ff9b::/96', 'an IPv4 address behind NAT64'],
  ['64:ff9b:1::/48', 'an IPv4 address behind NAT64'],
  ['100::/64', 'for what is discarded'],
  ['2001::/32', 'an IPv4 address inside Teredo'],
  ['2001::/23', 'of protocols'],
  ['2001:db8::/32', 'for documentation'],
  ['2002::/16', 'an IPv4 address inside 6to4'],
  ['2620:4f:8000::/48', 'of AS112'],
  ['3fff::/20', 'for documentation'],
  ['5f00::/16', 'of segment routing'],
  ['fc00::/7', 'private (ULA)'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
];
/** All that IANA gives out for unicast. */
const UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3');

const v4 = RANGES_V4.map(([cidr, what]) => ({ cidr, what, range: ipaddr.IPv4.parseCIDR(cidr) }));
const v6 = RANGES_V6.map(([cidr, what]) => ({ cidr, what, range: ipaddr.IPv6.parseCIDR(cidr) }));

interface SpecialRange {
  what: string;
  /** The range, or what stands for it. */
  cidr: string;
}

/**
 * @param address as a resolver or the host of a `URL` gives it, without brackets
 * @returns what the address is, such as `private (10.0.0.0/8)`; undefined if it is public
 */
export function whyNotPublic(address: string): string | undefined {
  const range = specialRangeOf(address);
  return range && `${range.what} (${range.cidr})`;
}

/** Whether only this machine itself has the address: 127.0.0.0/8 or ::1. */
export function isLoopbackAddress(address: string): boolean {
  return specialRangeOf(address)?.what === LOOPBACK;
}

function specialRangeOf(address: string): SpecialRange | undefined {
  if (address.includes('%')) return { what: 'bound to an interface of this machine', cidr: 'zone id' };
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    const parsed = ipaddr.IPv4.parse(address);
    return v4.find(({ range }) => parsed.match(range));
  }
  if (!ipaddr.IPv6.isValid(address)) return { what: 'no IP address', cidr: 'unknown form' };
  const parsed = ipaddr.IPv6.parse(address);
  const found = v6.find(({ range }) => parsed.match(range));
  if (found) return found;
  if (!parsed.match(UNICAST_V6)) return { what: 'not given out for unicast', cidr: 'outside of 2000::/3' };
  return isIsatap(parsed.parts) ? { what: 'an IPv4 address inside ISATAP', cidr: 'RFC 5214' } : undefined;
}

/** RFC 5214, section 6.1: the last 64 bits are `0:5efe` or `200:5efe`, and an IPv4 address. */
function isIsatap(parts: readonly number[]): boolean {
  return parts[5] === 0x5efe && ((parts[4] ?? 0) & ~0x200) === 0;
}
