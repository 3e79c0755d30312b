// The headers of a request, of which one that came several times with the same value counts once.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** Node has joined such a header to `value, value`, which is neither a signature nor an event id. */
export function singleHeaders({ headers, headersDistinct }: IncomingMessage): IncomingHttpHeaders {
  const repeated = Object.entries(headersDistinct).filter(([, lines = []]) => isRepeated(lines));
  if (repeated.length === 0) return headers; // almost always
  return { ...headers, ...Object.fromEntries(repeated.map(([name, lines = []]) => [name, lines[0]])) };
}

function isRepeated(lines: readonly string[]): boolean {
  return lines.length > 1 && lines.every((line) => line === lines[0]);
}
