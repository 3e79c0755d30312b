// Chooses the way in which a request is signed.
import type { HeaderReader, Scheme, Way } from './scheme.ts';

/** The first way of which the request has a header: of two ways, the request says which one it has taken. */
export function wayOf({ ways }: Scheme, header: HeaderReader): Way {
  if (ways.length === 1) return ways[0];
  return ways.find(({ headers }) => headers.some((name) => header(name) !== undefined)) ?? ways[0];
}
