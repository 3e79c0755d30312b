// Holds a request to the signature scheme of its source, answers the handshakes of providers, and confirms subscriptions.
import type { IncomingHttpHeaders } from 'node:http';
import type { Request } from 'express';
import type { SourceConfig } from '../../config/config.ts';
import type { FetchProviderKey, VisitProvider } from '../../contracts/provider-keys.ts';
import {
  findScheme,
  type HandshakeRequest,
  headerReader,
  type KeyNeed,
  neededKey,
  type SchemeAnswer,
  verifySignature,
} from '../../signatures/index.ts';
import { HttpError } from '../http/errors.ts';

export interface VerifyDeps {
  /** The public listener as senders know it, without a slash at its end. */
  publicUrl: () => string;
  fetchKey: FetchProviderKey<KeyNeed>;
  visit: VisitProvider;
}

/**
 * The URL that a scheme signs is made of what is configured: the sender chooses the Host header. Path and query are those
 * of the request, or the provider would have signed another URL.
 */
export function publicUrlOf(
  { verify }: Pick<SourceConfig, 'verify'>,
  request: Request,
  publicUrl: string,
): string {
  if (verify.url === undefined) return publicUrl + request.originalUrl;
  const at = request.originalUrl.indexOf('?');
  return at < 0 || verify.url.includes('?') ? verify.url : verify.url + request.originalUrl.slice(at);
}

/** A request with its body, and with its headers as `singleHeaders` reads them. */
export interface SentRequest {
  source: SourceConfig;
  request: Request;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
}

/** @throws HttpError of the 401s, or `not_queued` if a key of the provider cannot be fetched */
export async function verifyRequest(
  { publicUrl, fetchKey }: VerifyDeps,
  { source, request, headers, rawBody }: SentRequest,
): Promise<void> {
  const { verify } = source;
  const secrets = verify.secrets.map((secret) => secret.reveal());
  const url = publicUrlOf(source, request, publicUrl());
  const signed = { ...verify, secrets, headers, rawBody, method: request.method, url };
  const need = neededKey(signed);
  const result = verifySignature(need ? { ...signed, ...(await fetchNeeded(fetchKey, need)) } : signed);
  if (!result.ok) throw new HttpError(result.code, result.detail);
}

async function fetchNeeded(fetchKey: VerifyDeps['fetchKey'], need: KeyNeed) {
  try {
    return await fetchKey(need);
  } catch (error) {
    const host = new URL('certificate' in need ? need.certificate : need.jwks).host;
    throw new HttpError(
      'not_queued',
      `the key that the request is signed with could not be fetched from ${host}; send it again later`,
      { headers: { 'retry-after': '5' }, cause: error },
    );
  }
}

/** Which handshake is looked for: `open` comes without a signature, `signed` after it was verified. */
type HandshakeKind = 'open' | 'signed';

/** @returns what is answered to a handshake; undefined for a request that is none */
export function answerHandshake(
  kind: HandshakeKind,
  sent: SentRequest,
  publicUrl: string,
): SchemeAnswer | undefined {
  const { verify } = sent.source;
  const { handshake, challenge } = findScheme(verify.scheme, verify);
  if (kind === 'signed') return challenge?.(toHandshake(sent, publicUrl));
  if (!handshake?.methods.some((method) => method === sent.request.method)) return undefined;
  return handshake.answer(toHandshake(sent, publicUrl));
}

/**
 * Visits the address that a provider sends to ask whether its webhooks are wanted. Only for a request that was verified:
 * anybody may send an address.
 *
 * @returns what is answered; undefined for a request that asks nothing
 * @throws HttpError `not_queued` if the visit has failed: the provider then asks again
 */
export async function confirmSubscription(
  { visit }: VerifyDeps,
  { verify }: SourceConfig,
  rawBody: Buffer,
): Promise<SchemeAnswer | undefined> {
  const { confirm } = findScheme(verify.scheme, verify);
  const url = confirm && rawBody.length <= HANDSHAKE_MAX_BYTES ? confirm(parse(rawBody)) : undefined;
  if (url === undefined) return undefined;
  try {
    await visit(url);
    return { status: 200, body: '' };
  } catch (error) {
    throw new HttpError(
      'not_queued',
      `the subscription could not be confirmed at ${new URL(url).host}; send it again later`,
      { headers: { 'retry-after': '5' }, cause: error },
    );
  }
}

/** The methods of the requests that a source takes. */
export function methodsOf({ verify }: SourceConfig): string[] {
  return [...new Set(['POST', ...(findScheme(verify.scheme, verify).handshake?.methods ?? [])])];
}

/** No handshake is longer: a large event is not parsed once more for it. */
const HANDSHAKE_MAX_BYTES = 16_384;

function toHandshake(
  { source: { verify, verifyToken }, request, headers, rawBody }: SentRequest,
  publicUrl: string,
): HandshakeRequest {
  const url = publicUrlOf({ verify }, request, publicUrl);
  const queryAt = url.indexOf('?');
  const token = verifyToken?.reveal();
  return {
    method: request.method,
    query: new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt)),
    header: headerReader(headers),
    body: rawBody,
    json: rawBody.length <= HANDSHAKE_MAX_BYTES ? parse(rawBody) : undefined,
    secrets: verify.secrets.map((secret) => secret.reveal()),
    options: { ...verify, ...(token === undefined ? {} : { verifyToken: token }) },
    url: queryAt < 0 ? url : url.slice(0, queryAt),
  };
}

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return undefined;
  }
}
