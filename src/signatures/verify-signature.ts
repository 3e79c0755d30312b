// The public verifier: checks what the caller configured, then gives the request to the byte-level verifier.
import { assertBytes } from './assert-bytes.ts';
import { verifyingKey } from './check-secret.ts';
import { type HeadersInput, headerReader } from './headers.ts';
import { findScheme, type HmacOptions, type SchemeName } from './schemes.ts';
import { type VerifyResult, verify } from './verify.ts';

/** How a source's requests are verified. `header` to `timestampHeader` are for the scheme `hmac` only. */
export interface VerifyOptions extends HmacOptions {
  scheme: SchemeName;
  /** Every active secret, at least one. A signature by any of them is valid, so that keys can be rotated. */
  secrets: readonly string[];
  /** How far a signed time may be from the present, before or after, in seconds; 300 unless given. */
  toleranceSeconds?: number;
}

/** The request to verify. */
export interface SignedRequest {
  headers: HeadersInput;
  /** The body as it came, before any decoding or parsing; empty for a request without a body. */
  rawBody: Uint8Array;
  /** The HTTP method, for schemes that sign it. */
  method?: string;
  /** The public URL as the provider knows it, for schemes that sign it. Never build it from the Host header. */
  url?: string;
  /** Unix seconds; the system's clock unless given. */
  now?: number;
}

/**
 * Verifies that the sender of a webhook has one of the secrets. Whatever headers and body a sender sends, the function
 * returns a result and does not throw. The rules are those of the providers' own SDKs, see `docs/`.
 *
 * @returns `signature_missing` if a header that the scheme needs is absent or empty; `signature_invalid` if such a
 *   header is malformed or no signature matches; `timestamp_out_of_tolerance` only for a correctly signed request
 * @throws TypeError for an unknown scheme, an empty list of secrets, a secret that cannot be used (see
 *   `checkSecret`), a body that is not bytes, or a tolerance that is not a number from 0 up
 */
export function verifySignature(options: VerifyOptions & SignedRequest): VerifyResult {
  const scheme = findScheme(options.scheme, options);
  const { secrets, rawBody, toleranceSeconds } = options;
  if (!Array.isArray(secrets) || secrets.length === 0) {
    throw new TypeError(
      'No webhook secret was given: secrets must list at least one, as the provider shows it. Without one, anybody could send events.',
    );
  }
  if (toleranceSeconds !== undefined && !(toleranceSeconds >= 0)) {
    throw new TypeError(`toleranceSeconds must be a number of seconds from 0 up, not ${toleranceSeconds}.`);
  }
  assertBytes(rawBody);
  return verify({
    scheme,
    keys: secrets.map((secret) => verifyingKey(options.scheme, secret)),
    header: headerReader(options.headers),
    body: rawBody,
    method: options.method ?? '',
    url: options.url ?? '',
    nowSeconds: options.now ?? Date.now() / 1000,
    toleranceSeconds,
  });
}
