// Reads headers by name from what servers and frameworks give: Node's records, or a Fetch `Headers`.
import type { HeaderReader } from './scheme.ts';

/** Header names in any case. A list stands for a header that came several times. */
export type HeadersInput = Readonly<Record<string, string | readonly string[] | undefined>> | FetchHeaders;

interface FetchHeaders {
  get(name: string): string | null;
}

/**
 * Joins repeated headers as HTTP does (RFC 9110, 5.3), so that Node, Fetch and records give the same text. A header that
 * came several times with one value is one: proxies repeat what they pass on.
 */
export function headerReader(headers: HeadersInput): HeaderReader {
  if (isFetchHeaders(headers)) return (name) => headers.get(name) ?? undefined;
  const names = Object.keys(headers);
  // DocuSign may have a hundred headers, and has one: most searches end here.
  const lengths = new Uint8Array(LENGTHS);
  for (const name of names) lengths[name.length % LENGTHS] = 1;
  return (wanted) => {
    if (lengths[wanted.length % LENGTHS] === 0) return undefined;
    let found: string | undefined;
    let others: Set<string> | undefined;
    for (const name of names) {
      // Names of another length are most of them: a request has twenty headers, and a scheme asks for three.
      if (name.length !== wanted.length || (name !== wanted && name.toLowerCase() !== wanted)) continue;
      const value = headers[name];
      for (const line of Array.isArray(value) ? value : [value]) {
        if (typeof line !== 'string' || line === found) continue;
        if (found === undefined) found = line;
        else others = (others ?? new Set([found])).add(line);
      }
    }
    return others ? [...others].join(', ') : found;
  };
}

/** More than most names are long. */
const LENGTHS = 64;

function isFetchHeaders(headers: HeadersInput): headers is FetchHeaders {
  return typeof headers.get === 'function';
}
