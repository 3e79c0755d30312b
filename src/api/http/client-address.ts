// Tells clients apart by their addresses.
import type { Request } from 'express';
import ipaddr from 'ipaddr.js';

/** @param ranges addresses or CIDR ranges */
export function isAddressIn(ranges: readonly string[], address: string): boolean {
  const client = parseAddress(address);
  return client !== undefined && ranges.some((range) => isWithin(client, range));
}

/** One client may have all the addresses of an IPv6 network of 64 bits: they are one client here. */
export function toClient(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address.slice(0, 64);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.slice(0, 4).join(':');
}

/** @returns undefined if the request is a trusted proxy's own: it speaks for nobody in particular */
export function clientOf({ ip = '' }: Request, trustedProxies: readonly string[]): string | undefined {
  return isAddressIn(trustedProxies, ip) ? undefined : toClient(ip);
}

function parseAddress(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined; // ::ffff:1.2.3.4 is 1.2.3.4
}

function isWithin(client: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  const [network, bits] = ipaddr.isValidCIDR(range)
    ? ipaddr.parseCIDR(range)
    : [ipaddr.process(range), undefined];
  if (network.kind() !== client.kind()) return false;
  return client.match(network as ipaddr.IPv6, bits ?? (network.kind() === 'ipv4' ? 32 : 128));
}
