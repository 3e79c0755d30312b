// Which of a sender's headers may go on to an endpoint: none that is a credential, a signature, or Surehook's own.
import { z } from 'zod';
import { type SchemeName, schemeDefaults } from '../signatures/index.ts';
import { RESERVED_HEADER } from './schema-parts.ts';

/** A delivery is a request of its own, with a connection and a trace of its own, and its body is as it was read. */
const NEVER: Readonly<Record<string, string>> = {
  authorization: 'it carries a credential',
  'proxy-authorization': 'it carries a credential',
  cookie: 'it carries a credential',
  'set-cookie': 'it carries a credential',
  'proxy-authenticate': 'it belongs to the connection',
  'proxy-connection': 'it belongs to the connection',
  te: 'it belongs to the connection',
  trailer: 'it belongs to the connection',
  'accept-encoding': 'it belongs to the connection',
  'content-encoding': 'it belongs to the connection',
  'user-agent': 'Surehook sets this header itself',
  traceparent: 'Surehook sets this header itself',
  tracestate: 'Surehook sets this header itself',
};
/** More than any provider sends of its own. */
const FORWARDED_MAX = 32;

const forwardedName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected a header name')
  .transform((value) => value.toLowerCase())
  .superRefine((value, context) => {
    const fault =
      NEVER[value] ?? (RESERVED_HEADER.test(value) ? 'Surehook sets this header itself' : undefined);
    if (fault) context.addIssue({ code: 'custom', message: `${value} cannot be forwarded: ${fault}` });
  });

export const forwardHeaders = z.array(forwardedName).max(FORWARDED_MAX).default([]);

interface Source {
  verify: { scheme: string };
  forwardTo: string[] | Record<string, string[]>;
}

interface Endpoint {
  headers: Record<string, unknown>;
  forwardHeaders: readonly string[];
}

/** @returns what is wrong with an endpoint's list beside its other headers, and the sources whose events it gets */
export function faultsOfForwarding(
  name: string,
  { headers, forwardHeaders }: Endpoint,
  sources: Record<string, Source>,
): string[] {
  const own = Object.keys(headers).map((header) => header.toLowerCase());
  return forwardHeaders.flatMap((header) => {
    if (own.includes(header)) return [`${header} cannot be forwarded: it is under headers, too`];
    const signed = Object.entries(sources).filter(
      ([, source]) => endpointsOf(source).includes(name) && signatureHeadersOf(source).includes(header),
    );
    if (signed.length === 0) return [];
    const which = signed.map(([source]) => source).join(', ');
    return [`${header} cannot be forwarded: it carries the signature of ${which}`];
  });
}

function endpointsOf({ forwardTo }: Source): string[] {
  return Array.isArray(forwardTo) ? forwardTo : Object.values(forwardTo).flat();
}

function signatureHeadersOf({ verify: { scheme, ...options } }: Source): string[] {
  return schemeDefaults(scheme as SchemeName, options).credentialHeaders;
}
