// The ways in which providers write one or more signatures into a header, as readers and writers of that header.
import type { Candidate, Scheme } from './scheme.ts';

type HeaderSyntax = Pick<Scheme, 'parse' | 'format'>;

/** `<prefix><signature>`. Commas separate several signatures, as HTTP does when it joins a repeated header. */
export function prefixed(prefix: string): HeaderSyntax {
  // If the prefix itself has a comma, such as `v1,`, only HTTP's own `, ` separates two signatures.
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
      // Two times leave open which of them was signed; public libraries differ on that.
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

/** Standard Webhooks: `v1,<HMAC>` and `v1a,<Ed25519>`, separated by spaces; unknown versions are skipped. */
export const versionedList: HeaderSyntax = {
  parse: (value) => ({
    // HTTP joins a repeated header with a comma before the space.
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
