// The schemas of names and secrets, which every part of the config file uses.
import { z } from 'zod';
import { SOURCE_NAME } from '../contracts/ids.ts';
import { NAME_MAX_LENGTH } from '../contracts/limits.ts';
import { SecretRef } from './secret.ts';
import { CREDENTIALS_IN_URL, hasCredentials } from './url-credentials.ts';

export const name = z
  .string()
  .regex(SOURCE_NAME, `expected lower-case letters, digits, - and _, at most ${NAME_MAX_LENGTH} characters`);

export const secretRef = z.custom<SecretRef>(
  (value) => value instanceof SecretRef || looksLikeSecretRef(value),
  { error: "expected secret('NAME'): secrets do not belong in the config file" },
);

export const secrets = z.array(secretRef).min(1, "expected at least one secret('NAME')");

/** Headers that Surehook sets itself, or that belong to the connection. */
export const RESERVED_HEADER =
  /^(webhook-.*|x-webhook-.*|content-type|content-encoding|content-length|host|connection|keep-alive|transfer-encoding|upgrade|expect)$/i;
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name')
  .refine((value) => !RESERVED_HEADER.test(value), { error: 'Surehook sets this header itself' });
const headerValue = z.union([z.string().regex(/^[\t\x20-\x7e]*$/, 'expected visible ASCII'), secretRef], {
  error: "expected visible ASCII or secret('NAME')",
});

/** Of each request that Surehook sends to an endpoint, or to the URL of an alert route. */
export const headers = z.record(headerName, headerValue).default({});

/** No request would carry the user and password of a URL, and a URL is shown where a secret is not. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
  .refine((value) => !hasCredentials(value), { error: CREDENTIALS_IN_URL });

/** A config file in another package may load another copy of this module, and so another class. */
function looksLikeSecretRef(value: unknown): boolean {
  return typeof value === 'object' && value?.constructor?.name === 'SecretRef' && 'name' in value;
}
