// The ways in which providers write one or more signatures into a header, as readers and writers of that header.
import type { Candidate, Scheme } from './scheme.ts';

type HeaderSyntax = Pick<Scheme, 'parse' | 'format'>;

/** `<prefix><signature>`. Several are parted by commas, which is also how HTTP joins a repeated header. */
export function prefixed(prefix: string): HeaderSyntax {
  // A prefix such as `v1,` holds the comma itself; then only HTTP's own `, ` parts two signatures.
  const separator = prefix.includes(',') ? ', ' : ',';
  return {
    parse: (value) => ({
      candidates: value
        .split(separator)
        .map((item) => item.trimStart())
        .filter((item) => item.startsWith(prefix))
        .map((item) => ({ algorithm: 'hmac-sha256', text: item.slice(prefix.length) })),
    }),
    format: (signature) => prefix + signature,
  };
}

/** `t=<timestamp>,v1=<signature>[,v1=<signature>]`, with keys and separators of the provider's choice. */
export function keyValueList(keys: {
  separator: string;
  timestamp: string;
  signature: string;
}): HeaderSyntax {
  return {
    parse: (value) => {
      const items = value.split(keys.separator).map((item) => splitAtFirst(item.trimStart(), '='));
      const valuesOf = (key: string) => items.filter((item) => item[0] === key).map((item) => item[1]);
      const [timestamp, ...others] = new Set(valuesOf(keys.timestamp));
      // Two times leave open which one was signed; public libraries differ on it.
      if (timestamp === undefined || others.length > 0) return undefined;
      const candidates = valuesOf(keys.signature).map(
        (text): Candidate => ({ algorithm: 'hmac-sha256', text }),
      );
      return { candidates, timestamp };
    },
    format: (signature, timestamp) =>
      `${keys.timestamp}=${timestamp}${keys.separator}${keys.signature}=${signature}`,
  };
}

/** Standard Webhooks: `v1,<HMAC>` and `v1a,<Ed25519>`, parted by spaces; unknown versions are passed over. */
export const versionedList: HeaderSyntax = {
  parse: (value) => ({
    // The comma is the one with which HTTP joins a repeated header.
    candidates: value.split(/,? /).flatMap((item): Candidate[] => {
      const [version, text] = splitAtFirst(item, ',');
      if (version === 'v1') return [{ algorithm: 'hmac-sha256', text }];
      if (version === 'v1a') return [{ algorithm: 'ed25519', text }];
      return [];
    }),
  }),
  format: (signature) => `v1,${signature}`,
};

function splitAtFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
