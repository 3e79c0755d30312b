// The fields that requests of the agent API share, and their rules.
import type { Request } from 'express';
import { z } from 'zod';
import { checkSecret } from '../../signatures/index.ts';
import { checkClientUrl } from '../http/check-client-url.ts';
import { HttpError } from '../http/errors.ts';
import type { AgentDeps } from './deps.ts';

/** A client may have chosen it: a shorter one would be guessed from one callback. */
const SECRET_MIN_LENGTH = 8;
const SECRET_MAX_LENGTH = 200;

export const webhookUrl = z.string().describe('where to call back: https, and an address that is public');
export const webhookSecret = z
  .string()
  .describe(`signs each callback; at least ${SECRET_MIN_LENGTH} characters`);

/** @throws HttpError `url_not_allowed` or `bad_request` */
export function checkCallback({ guard }: Pick<AgentDeps, 'guard'>, url: string, secret: string): void {
  checkClientUrl('webhook_url', url, guard);
  const fault = faultOfSecret(secret);
  if (fault !== undefined) throw new HttpError('bad_request', `webhook_secret: ${fault}`);
}

/** undefined: callbacks can be signed with it. */
export function faultOfSecret(secret: string): string | undefined {
  if (secret.length < SECRET_MIN_LENGTH || secret.length > SECRET_MAX_LENGTH)
    return `expected ${SECRET_MIN_LENGTH} to ${SECRET_MAX_LENGTH} characters`;
  if (secret !== secret.trim()) return 'it begins or ends with white space; remove it';
  return checkSecret('delivery', secret);
}

/** draft-ietf-httpapi-idempotency-key-header-07: a quoted string; a bare one is common, too. */
const IDEMPOTENCY_KEY = /^(?:"([^"\\]{1,255})"|([^"\\,;\s]{1,255}))$/;

/** @throws HttpError `bad_request` */
export function idempotencyKeyOf({ headers }: Request): string | undefined {
  const given = headers['idempotency-key'];
  if (given === undefined) return undefined;
  const [, quoted, bare] = IDEMPOTENCY_KEY.exec(String(given).trim()) ?? [];
  const key = quoted ?? bare;
  if (key !== undefined && /^[\x20-\x7e]+$/.test(key)) return key;
  throw new HttpError(
    'bad_request',
    'Idempotency-Key: expected 1 to 255 visible ASCII characters, in quotes',
  );
}

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C Trace Context of the request, which the work and the callbacks continue. */
export function traceOf({ headers }: Request): { traceparent?: string } {
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? { traceparent } : {};
}
