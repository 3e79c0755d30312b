// Checks the bearer token that the operator API asks for.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { HttpError } from './errors.ts';

/** Compares digests in constant time: digests have equal length, whatever the client sends. */
export function requireToken(token: string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (request, _response, next) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return next();
    const headers = { 'www-authenticate': 'Bearer' };
    throw new HttpError('unauthorized', 'send Authorization: Bearer <SUREHOOK_OPERATOR_TOKEN>', { headers });
  };
}
