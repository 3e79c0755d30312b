// The shape of one row of the scheme table, and of what passes through it.

export type SignatureEncoding = 'hex' | 'base64';
export type Algorithm = 'hmac-sha256' | 'ed25519';

export interface Key {
  algorithm: Algorithm;
  bytes: Uint8Array;
}

/** One signature as the header gives it, still encoded. */
export interface Candidate {
  algorithm: Algorithm;
  text: string;
}

export interface SignatureHeader {
  candidates: readonly Candidate[];
  /** Set for schemes that put the time beside the signature, as Stripe does. */
  timestamp?: string;
}

/** What a signed string is built from. Absent parts are empty. */
export interface Message {
  body: Uint8Array;
  id: string;
  /** The text of the time as it came, since the sender signed that text. */
  timestamp: string;
  method: string;
  /** The configured public URL, since the sender chooses the Host header. */
  url: string;
}

/** Lower-case header names. A request must have each header that is named here. */
export interface SchemeHeaders {
  signature: string;
  id?: string;
  timestamp?: string;
}

export interface Scheme {
  /** Alternative sets. Only the first set of which the request has any header is used. */
  headers: readonly [SchemeHeaders, ...SchemeHeaders[]];
  /** Returns undefined if the header cannot be read without guessing. */
  parse: (value: string) => SignatureHeader | undefined;
  format: (signature: string, timestamp: string) => string;
  encoding: SignatureEncoding;
  /** Returns the key, or a text that says why the secret cannot be used. */
  decodeKey: (secret: string) => Key | string;
  /** Returns the parts of the signed string in order; undefined if another message would give the same string. */
  content: (message: Message) => readonly (string | Uint8Array)[] | undefined;
  /** Set if requests carry a time: in the timestamp header of `headers`, or in what `parse` returns. */
  timestamp?: { unit: 's' | 'ms'; toleranceSeconds: number };
  /** The places of the event's id, in the order in which they are searched: `header.<name>` or `body.<path>`. */
  eventId: readonly string[];
  eventType: readonly string[];
}
