// The vocabulary of the scheme table: what a row may say, and what passes between rows and the verifier.
import type { KeyObject } from 'node:crypto';

export type SignatureEncoding = 'hex' | 'base64' | 'base64url';
export type Hash = 'sha1' | 'sha256' | 'sha512';
/** `appended-hash`: the plain hash of what is signed with the secret behind it, as Cloudinary has it. */
export type Algorithm = 'hmac' | 'appended-hash' | 'ed25519' | 'ecdsa' | 'rsa';

export type Key =
  /** `secret`: the same bytes as Node wants them. Making it costs more than an HMAC of 10 KB. */
  | { algorithm: 'hmac'; bytes: Uint8Array; secret?: KeyObject }
  | { algorithm: 'appended-hash'; bytes: Uint8Array }
  | { algorithm: 'ed25519' | 'ecdsa' | 'rsa'; key: KeyObject };

/** Returns the key that a secret stands for, or a text that says why the secret cannot be used. */
export type KeyForm = (secret: string) => Key | string;

/**
 * Where a value of an event is: `header.<name>`; `body.<path>`, keys and positions joined by dots; `body`, all its bytes;
 * `unique`, a new value for each request, for senders whose requests are alike;
 * several values in one; or the digest of several.
 */
export type Place = string | { join: readonly Place[] } | { digest: readonly Place[] };

export type VerifyFailure = 'signature_missing' | 'signature_invalid' | 'timestamp_out_of_tolerance';
/** `detail` names what is wrong, mostly a header, in words that may be shown to the sender. */
export type VerifyResult = { ok: true } | { ok: false; code: VerifyFailure; detail: string };

/** How two headers or fields of the caller's config name things that only some schemes have. */
export interface SchemeOptions {
  /** For schemes that sign the URL: the whole public URL as the provider has it, if it is not the request's own. */
  url?: string;
  /** `aws-sns`: the topics that may send. Everybody with an account of AWS can sign messages of topics of their own. */
  topicArns?: readonly string[];
  /** For schemes with a handshake that brings a token of the receiver's choice, or signs with one. */
  verifyToken?: string;
  /** Certificates that need not be fetched: PEM by URL. */
  certificates?: Readonly<Record<string, string>>;
  /** Public keys that need not be fetched: JWK by key id. */
  jwks?: Readonly<Record<string, JsonWebKeyLike>>;
  /** `plaid` and `ebay`: keys come from the provider's sandbox. */
  sandbox?: boolean;
}

/** A JSON Web Key (RFC 7517). */
export type JsonWebKeyLike = Readonly<Record<string, unknown>>;

/** What a verifier gets to see. */
export interface VerifyInput {
  /** Of the source, decoded from its secrets. */
  keys: readonly Key[];
  secrets: readonly string[];
  options: SchemeOptions;
  header: HeaderReader;
  body: Uint8Array;
  method: string;
  /** The public URL with the query of the request; '' if the caller has given none. */
  url: string;
  nowSeconds: number;
  /** The scheme's own tolerance unless given. */
  toleranceSeconds: number | undefined;
}

/** Takes a name in lower case. */
export type HeaderReader = (name: string) => string | undefined;

export interface SignInput {
  key: Key;
  secret: string;
  options: SchemeOptions;
  body: Uint8Array;
  id: string;
  method: string;
  url: string;
  nowSeconds: number;
}

/** One way in which a provider signs: most have one, some have an older or newer one beside it. */
export interface Way {
  /** Lower-case names: a request that has one of them is verified in this way. Empty: what is signed is in body or URL. */
  headers: readonly string[];
  /** Headers that must not be stored: whoever reads them and the body could send both again. */
  credentials: readonly string[];
  /** The header with the event's id, if it is signed. */
  signedId?: string;
  /** Whether the body is signed, and so ids in it: `all` of it unless it says otherwise. */
  signs?: 'all' | 'fields' | 'nothing';
  signsUrl?: boolean;
  verify(input: VerifyInput): VerifyResult;
  /** Signs a request as the provider would; absent: only the provider has the key. */
  sign?(input: SignInput): Signing;
  /** For the page of providers, which is written out of the rows; absent: the way is like no other. */
  form?: WayForm;
  /** What must be fetched before this request can be verified; undefined: nothing, or it is given. */
  needs?(input: Pick<VerifyInput, 'header' | 'body' | 'options' | 'secrets'>): KeyNeed | undefined;
}

/** What a row says of a way, as data. */
export type WayForm =
  | {
      kind: 'signed';
      headers: readonly string[];
      /** Of the header, such as `v1=<signature>`. */
      syntax: string;
      hashes: readonly Hash[];
      encoding: SignatureEncoding;
      /** The template; undefined: no template can say it. */
      signed: string | undefined;
      id: string | undefined;
      time: { header?: string; field?: string; unit: string; toleranceSeconds?: number } | undefined;
    }
  | {
      kind: 'token';
      header: string | undefined;
      algorithm: string;
      /** Each claim that is held to something, with what it must be. */
      claims: readonly (readonly [claim: string, what: string])[];
      maxAgeSeconds: number | undefined;
      fetchesKey: boolean;
    }
  | {
      kind: 'equal';
      place: { header: string } | { query: readonly string[] } | { list: string; key: string };
    }
  | { kind: 'basic' };

/** What a signature adds to a request. */
export interface Signing {
  headers: Record<string, string>;
  /** In place of the given body, for a signature that stands in it. */
  body?: Uint8Array;
  /** In place of the given URL, for a signature, a hash or a token that stands in it. */
  url?: string;
}

/**
 * A certificate or key that the request names. The URL has been checked: its host is the provider's. `readKey` finds the
 * key in what comes back.
 */
export type KeyNeed = { certificate: string } | KeyQuery;

export interface KeyQuery {
  jwks: string;
  keyId: string;
  /** Sent by POST as JSON; absent: the key is asked for by GET. */
  json?: Readonly<Record<string, string>>;
  /** The key is given only to a bearer of a token, for which these are exchanged first (RFC 6749, 4.4). */
  clientCredentials?: { tokenUrl: string; id: string; secret: string; scope: string };
}

/** What is answered to a sender. `body`: undefined for Surehook's receipt. */
export interface SchemeAnswer {
  status: number;
  body?: string;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
}

export interface HandshakeRequest {
  method: string;
  /** The query as it was sent, without `?`. */
  query: URLSearchParams;
  header: HeaderReader;
  body: Uint8Array;
  /** The parsed body; undefined if it is no JSON. */
  json: unknown;
  secrets: readonly string[];
  options: SchemeOptions;
  /** The public URL without the query; '' if none is configured. */
  url: string;
}

/** Returns what is answered, or undefined if the request is no handshake. */
export type Handshake = (request: HandshakeRequest) => SchemeAnswer | undefined;

export interface Scheme {
  /** The first way of which the request has a header counts; if it has none of any, the first way. */
  ways: readonly [Way, ...Way[]];
  /** What the secrets of the source are for this scheme. */
  key: KeyForm;
  /** What else a secret may be: a signature by either key is valid. A text that this cannot be has one key. */
  otherKey?: KeyForm;
  /** `none`: the scheme has no secret, and none is asked for. */
  secrets?: 'none';
  /** In the order in which they are searched. */
  eventId: readonly Place[];
  eventType: readonly Place[];
  /** One request has several events: the path of their list, such as `events`, `entry[].changes[]` or `` for the body. */
  batch?: string | readonly string[];
  /** What the provider wants to hear of a stored event, new or known. Unless given: 202, and 200 for a duplicate. */
  answer?: SchemeAnswer;
  /** Comes without a signature; by these methods, POST among them. */
  handshake?: {
    methods: readonly ('GET' | 'HEAD' | 'OPTIONS' | 'POST')[];
    answer: Handshake;
    /** It comes with a token of the receiver's choice: without `verifyToken` it is refused. */
    needsToken?: true;
  };
  /** Comes signed, by POST, in place of an event. */
  challenge?: Handshake;
  /**
   * Comes signed, by POST, in place of an event: the address that must be visited by GET, before anything more is sent.
   * Its host has been checked. undefined for everything else.
   */
  confirm?: (json: unknown) => string | undefined;
  /**
   * Reads the event's payload where it is neither the body's JSON nor the object of a form's fields. undefined for a
   * body that has none.
   */
  payload?: (request: { header: HeaderReader; body: Uint8Array }) => unknown;
  /** What `config check` warns of: who has one signed request can do more with it than its receiver may think. */
  caution?: string;
  /** The provider's own documentation. */
  docs: string;
}

/** Keeps the type of a row narrow enough for the table, and wide enough for its fields. */
export function scheme(row: Scheme): Scheme {
  return row;
}
