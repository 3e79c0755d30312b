// Reads headers by name from what servers and frameworks give: Node's records, or a Fetch `Headers`.

/** Header names in any case. A list stands for a header that came several times. */
export type HeadersInput = Readonly<Record<string, string | readonly string[] | undefined>> | FetchHeaders;

interface FetchHeaders {
  get(name: string): string | null;
}

/** Joins repeated headers as HTTP does (RFC 9110, 5.3), so that Node, Fetch and records give the same text. */
export function headerReader(headers: HeadersInput): (lowerCaseName: string) => string | undefined {
  if (isFetchHeaders(headers)) return (name) => headers.get(name) ?? undefined;
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(headers)) {
    const lowerCaseName = name.toLowerCase();
    for (const line of Array.isArray(value) ? value : [value]) {
      if (typeof line !== 'string') continue;
      const before = values.get(lowerCaseName);
      values.set(lowerCaseName, before === undefined ? line : `${before}, ${line}`);
    }
  }
  return (name) => values.get(name);
}

function isFetchHeaders(headers: HeadersInput): headers is FetchHeaders {
  return typeof headers.get === 'function';
}
