// What is answered to providers that ask whether an address belongs to its owner before they send events there.
import { createHmac } from 'node:crypto';
import { isSameText } from './algorithms.ts';
import type { Handshake, HandshakeRequest, Scheme, SchemeAnswer } from './scheme.ts';

/** Providers send tokens of 10 to 100 characters. Anybody may send one, and it goes into the answer. */
const TOKEN_MAX = 512;
const PRINTABLE = /^[\x20-\x7e]+$/;
/** No browser may take an echoed text for a page. */
const NOSNIFF = { 'x-content-type-options': 'nosniff' };

export const EMPTY_200: SchemeAnswer = { status: 200, body: '', contentType: 'text/plain' };

/** Returns undefined for a value that is no short printable text. */
export function echoText(value: unknown): SchemeAnswer | undefined {
  if (typeof value !== 'string' || value.length > TOKEN_MAX || !PRINTABLE.test(value)) return undefined;
  return { status: 200, body: value, contentType: 'text/plain', headers: NOSNIFF };
}

export function jsonAnswer(value: object): SchemeAnswer {
  return { status: 200, body: JSON.stringify(value), contentType: 'application/json', headers: NOSNIFF };
}

/** The provider takes the answer for a proof that we have the secret. The first secret signs, where there are several. */
export function macOf(
  { secrets }: HandshakeRequest,
  text: string,
  encoding: 'hex' | 'base64',
): string | undefined {
  const [secret] = secrets;
  return secret === undefined ? undefined : createHmac('sha256', secret).update(text).digest(encoding);
}

/** A GET that brings a text in the query, which is sent back. */
export function echoOf(parameter: string): NonNullable<Scheme['handshake']> {
  return { methods: ['GET'], answer: ({ query }) => echoText(query.get(parameter)) };
}

/** A field of the body, if it is a short text. */
export function textIn(json: unknown, field: string): string | undefined {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, field)) return undefined;
  const value: unknown = (json as Record<string, unknown>)[field];
  return typeof value === 'string' && value !== '' && value.length <= TOKEN_MAX ? value : undefined;
}

/** Meta, and others after it: a GET with a token that the receiver has chosen, and a text to be sent back. */
export const hubChallenge: Handshake = ({ query, options }) => {
  const token = query.get('hub.verify_token');
  if (query.get('hub.mode') !== 'subscribe' || token === null || !options.verifyToken) return undefined;
  return isSameText(token, options.verifyToken) ? echoText(query.get('hub.challenge')) : undefined;
};
