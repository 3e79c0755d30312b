// Finds the addresses of a host, and refuses a client's host that has one which is not public.
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { type ClientUrlGuard, refusalOfAddresses } from '../../contracts/client-url.ts';

export type Lookup = (host: string) => Promise<LookupAddress[]>;

export interface ResolveHost {
  hostname: string;
  /** `https:` or `http:` */
  protocol: string;
  lookup?: Lookup | undefined;
  /** For URLs of clients; undefined: the operator has chosen the host, and it may be private. */
  guard?: ClientUrlGuard | undefined;
}

/** The code of the error, which `networkErrorCode` shows as `url_not_allowed`. */
export const ADDRESS_REFUSED = 'ERR_ADDRESS_REFUSED';

const lookupAll = promisify(dnsLookup);
const byDns: Lookup = async (host) => await lookupAll(host, { all: true });

/**
 * Asks the resolver once. Connect to what is returned and do not ask again: a hostile resolver answers the second
 * question in another way.
 *
 * @throws Error with the code ADDRESS_REFUSED, whose message names the address, or that of the resolver
 */
export async function resolveHost(options: ResolveHost): Promise<LookupAddress[]> {
  const { hostname, protocol, lookup = byDns, guard } = options;
  const family = isIP(hostname);
  const found = family === 0 ? await lookup(hostname) : [{ address: hostname, family }];
  if (found.length === 0) throw Object.assign(new Error('the host has no address'), { code: 'ENOTFOUND' });
  const addresses = found.map(({ address }) => address);
  const refusal = guard && refusalOfAddresses({ hostname, protocol, addresses }, guard);
  if (refusal !== undefined) throw Object.assign(new Error(refusal), { code: ADDRESS_REFUSED });
  return found;
}
