// The public verifier: checks what the caller configured, then gives the request to the verifier of the scheme.
import { assertBytes } from './assert-bytes.ts';
import { verifyingKeys } from './check-secret.ts';
import { wayOf } from './choose-way.ts';
import { type HeadersInput, headerReader } from './headers.ts';
import type { KeyNeed, VerifyResult } from './scheme.ts';
import { findScheme, type HmacOptions, type SchemeName } from './schemes/index.ts';

/** How a source's requests are verified. `header` to `signed` are for the scheme `hmac` only. */
export interface VerifyOptions extends HmacOptions {
  scheme: SchemeName;
  /** Every active secret, at least one. A signature by any of them is valid, so that keys can be rotated. */
  secrets: readonly string[];
  /** How far a signed time may be from the present, before or after, in seconds; the provider's unless given, or 300. */
  toleranceSeconds?: number;
}

/** The request to verify. */
export interface SignedRequest {
  headers: HeadersInput;
  /** The body as it came, before any decoding or parsing; empty for a request without a body. */
  rawBody: Uint8Array;
  /** The HTTP method, for schemes that sign it; POST unless given. */
  method?: string;
  /** The public URL as the provider knows it, with the query, for schemes that sign it. Never build it from the Host header. */
  url?: string;
  /** Unix seconds; the system's clock unless given. */
  now?: number;
}

/**
 * Verifies that the sender of a webhook has one of the secrets. Whatever headers and body a sender sends, the function
 * returns a result and does not throw. The rules are those of the providers' own SDKs, see `docs/providers.md`.
 *
 * @returns `signature_missing` if a header that the scheme needs is absent or empty; `signature_invalid` if such a
 *   header is malformed, no signature matches, or a certificate or key that the request names is not given;
 *   `timestamp_out_of_tolerance` only for a correctly signed request
 * @throws TypeError for an unknown scheme, an empty list of secrets, a secret that cannot be used (see
 *   `checkSecret`), a body that is not bytes, a tolerance that is not a number from 0 up, or a missing `url` where the
 *   scheme signs it
 */
export function verifySignature(options: VerifyOptions & SignedRequest): VerifyResult {
  const scheme = findScheme(options.scheme, options);
  const { rawBody, toleranceSeconds } = options;
  const secrets: readonly string[] = scheme.secrets === 'none' ? (options.secrets ?? []) : options.secrets;
  if (scheme.secrets !== 'none' && (!Array.isArray(secrets) || secrets.length === 0)) {
    throw new TypeError(
      'No webhook secret was given: secrets must list at least one, as the provider shows it. Without one, anybody could send events.',
    );
  }
  if (toleranceSeconds !== undefined && !(toleranceSeconds >= 0)) {
    throw new TypeError(`toleranceSeconds must be a number of seconds from 0 up, not ${toleranceSeconds}.`);
  }
  assertBytes(rawBody);
  const keys = secrets.flatMap((secret) => verifyingKeys(options.scheme, scheme, secret));
  const header = headerReader(options.headers);
  const way = wayOf(scheme, header);
  const url = options.url ?? '';
  if (way.signsUrl && url === '') {
    throw new TypeError(
      `The scheme '${options.scheme}' signs the URL: give 'url', the public address as the provider has it.`,
    );
  }
  return way.verify({
    keys,
    secrets,
    options,
    header,
    body: rawBody,
    method: options.method ?? 'POST',
    url,
    nowSeconds: options.now ?? Date.now() / 1000,
    toleranceSeconds,
  });
}

/**
 * Returns the certificate or key that a request names and that must be fetched before `verifySignature` can verify it;
 * undefined if nothing is needed, or it is given in `certificates` or `jwks`. The address is checked: it is the
 * provider's, by https.
 */
export function neededKey(
  options: VerifyOptions & Pick<SignedRequest, 'headers' | 'rawBody'>,
): KeyNeed | undefined {
  assertBytes(options.rawBody);
  const header = headerReader(options.headers);
  const way = wayOf(findScheme(options.scheme, options), header);
  return way.needs?.({ header, body: options.rawBody, options, secrets: options.secrets ?? [] });
}
