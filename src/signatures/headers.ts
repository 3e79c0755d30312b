// Reads headers by name from what servers and frameworks give: Node's records, or a Fetch `Headers`.

/** Header names in any case. A list stands for a header that came several times. */
export type HeadersInput = Readonly<Record<string, string | readonly string[] | undefined>> | FetchHeaders;

interface FetchHeaders {
  get(name: string): string | null;
}

/**
 * Joins repeated headers as HTTP does (RFC 9110, 5.3), so that Node, Fetch and records give the same text. A header that
 * came several times with one value counts once: a proxy that repeats it changes nothing. `Headers` of Fetch have joined
 * their values already, and so has Node's `request.headers`: give `request.headersDistinct`.
 */
export function headerReader(headers: HeadersInput): (lowerCaseName: string) => string | undefined {
  if (isFetchHeaders(headers)) return (name) => headers.get(name) ?? undefined;
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(headers)) {
    const lowerCaseName = name.toLowerCase();
    const lines = (Array.isArray(value) ? value : [value]).filter((line) => typeof line === 'string');
    if (lines.length > 0) values.set(lowerCaseName, [...(values.get(lowerCaseName) ?? []), ...lines]);
  }
  return (name) => {
    const lines = values.get(name);
    return lines?.every((line) => line === lines[0]) ? lines[0] : lines?.join(', ');
  };
}

function isFetchHeaders(headers: HeadersInput): headers is FetchHeaders {
  return typeof headers.get === 'function';
}
