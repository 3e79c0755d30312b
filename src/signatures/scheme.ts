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
  /** For schemes that put the time beside the signature, as Stripe does. */
  timestamp?: string;
}

/** What a signed string is built from. Absent parts are empty. */
export interface Message {
  body: Uint8Array;
  id: string;
  /** The text as it came, since that is what was signed. */
  timestamp: string;
  method: string;
  /** The configured public URL: the Host header is the sender's to choose. */
  url: string;
}

/** Lower-case header names; each one named must be in the request. */
export interface SchemeHeaders {
  signature: string;
  id?: string;
  timestamp?: string;
}

export interface Scheme {
  /** Alternatives. The first of which any header is there is used, and only that one. */
  headers: readonly [SchemeHeaders, ...SchemeHeaders[]];
  /** Undefined: the header cannot be read without guessing. */
  parse: (value: string) => SignatureHeader | undefined;
  format: (signature: string, timestamp: string) => string;
  encoding: SignatureEncoding;
  /** A text is the reason why the secret cannot be used. */
  decodeKey: (secret: string) => Key | string;
  /** The parts of the signed string, in order. Undefined: another message would give the same string. */
  content: (message: Message) => readonly (string | Uint8Array)[] | undefined;
  /** Where it is: in `headers`' timestamp, or in what `parse` gives. */
  timestamp?: { unit: 's' | 'ms'; toleranceSeconds: number };
  /** Where the event's id is, in the order to look: `header.<name>` or `body.<path>`. */
  eventId: readonly string[];
  eventType: readonly string[];
}
