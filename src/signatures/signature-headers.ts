// The ways in which providers write one or more signatures into a header, as readers and writers of that header.

/** One signature as the header gives it, still encoded. */
export interface Candidate {
  /** A public-key signature beside MACs, as Standard Webhooks has it; undefined: that of the row. */
  algorithm?: 'hmac' | 'ed25519';
  text: string;
}

/** Signatures that belong to one time. */
export interface SignatureGroup {
  candidates: readonly Candidate[];
  /** Set for schemes that put the time beside the signature, as Stripe does. */
  timestamp?: string;
  /** What else stands beside the signature. */
  fields?: ReadonlyMap<string, string>;
}

export interface HeaderSyntax {
  /** Says in one line what a signature looks like, for the message to a sender whose header has none. */
  form: string;
  /** Returns no group for a header that cannot be read without guessing. */
  parse: (value: string) => readonly SignatureGroup[];
  format: (signature: string, timestamp: string) => string;
}

/** `<prefix><signature>`. Commas separate several signatures, as HTTP does when it joins a repeated header. */
export function prefixed(prefix: string): HeaderSyntax {
  // If the prefix itself has a comma, such as `v1,`, only HTTP's own `, ` separates two signatures.
  const separator = prefix.includes(',') ? ', ' : ',';
  return {
    form: `${prefix}<signature>`,
    parse: (value) => {
      const candidates: Candidate[] = [];
      for (const item of value.split(separator)) {
        const text = item.trimStart();
        if (text.startsWith(prefix)) candidates.push({ text: text.slice(prefix.length) });
      }
      return candidates.length > 0 ? [{ candidates }] : [];
    },
    format: (signature) => prefix + signature,
  };
}

/** `t=<timestamp>,v1=<signature>[,v1=<signature>]`, with keys and separators of the provider's choice. */
export function keyValueList(keys: {
  separator: string;
  /** undefined: the time is in a header of its own. */
  timestamp?: string;
  signature: string;
  /** Separates whole lists, each with its own time. */
  listSeparator?: string;
}): HeaderSyntax {
  const { separator, timestamp: timestampKey, signature, listSeparator } = keys;
  const time = timestampKey === undefined ? '' : `${timestampKey}=<time>${separator}`;
  return {
    form: `${time}${signature}=<signature>`,
    parse: (value) => {
      const lists = listSeparator === undefined ? [value] : value.split(listSeparator);
      return lists.flatMap((list) => parseList(list, keys));
    },
    format: (text, timestamp) => `${time.replace('<time>', timestamp)}${signature}=${text}`,
  };
}

function parseList(
  list: string,
  { separator, timestamp: timestampKey, signature }: Parameters<typeof keyValueList>[0],
): SignatureGroup[] {
  const fields = new Map<string, string>();
  const candidates: Candidate[] = [];
  const times = new Set<string>();
  for (const item of list.split(separator)) {
    const [key, value] = splitAtFirst(item.trimStart(), '=');
    if (key === signature) candidates.push({ text: value });
    else if (key === timestampKey) times.add(value);
    else fields.set(key, value);
  }
  if (candidates.length === 0) return [];
  if (timestampKey === undefined) return [{ candidates, fields }];
  const [timestamp, ...others] = times;
  // Two times leave open which of them was signed; public libraries differ on that.
  if (timestamp === undefined || others.length > 0) return [];
  return [{ candidates, timestamp, fields }];
}

/** Standard Webhooks: `v1,<HMAC>` and `v1a,<Ed25519>`, separated by spaces; unknown versions are skipped. */
export const versionedList: HeaderSyntax = {
  form: 'v1,<signature>',
  parse: (value) => {
    const candidates: Candidate[] = [];
    // HTTP joins a repeated header with a comma before the space.
    for (const item of value.split(/,? /)) {
      const [version, text] = splitAtFirst(item, ',');
      if (version === 'v1') candidates.push({ algorithm: 'hmac', text });
      else if (version === 'v1a') candidates.push({ algorithm: 'ed25519', text });
    }
    return candidates.length > 0 ? [{ candidates }] : [];
  },
  format: (signature) => `v1,${signature}`,
};

function splitAtFirst(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}
