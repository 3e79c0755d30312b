// Schemes of no one provider: a plain HMAC with options, and Standard Webhooks.
import { base64Key, hexKey, standardKey, textKey } from '../keys.ts';
import type { KeyForm, Scheme, SchemeOptions, SignatureEncoding } from '../scheme.ts';
import { prefixed, versionedList } from '../signature-headers.ts';
import { signed } from '../signed.ts';
import type { TimeUnit } from '../timestamps.ts';

export interface HmacOptions extends SchemeOptions {
  /** The header with the signature; `X-Webhook-Signature` unless given. */
  header?: string;
  /** What stands before the signature in its header, such as `sha256=`; nothing unless given. */
  prefix?: string;
  /** `hex` (lower-case) unless given. */
  encoding?: SignatureEncoding;
  /** `lower` unless given: hex in upper case is refused. `upper`: only that is taken. `any`: both. */
  case?: 'lower' | 'upper' | 'any';
  /** The hash of the HMAC; `sha256` unless given. */
  algorithm?: 'sha1' | 'sha256' | 'sha512';
  /** What the secret's text is; `text` unless given: its UTF-8 bytes are the key. */
  secretEncoding?: 'text' | 'base64' | 'hex';
  /** A header with a time. If given, each request must have it, within the tolerance. Only `signed` makes it a part of what is signed. */
  timestampHeader?: string;
  /** `s` unless given: Unix seconds. */
  timestampUnit?: TimeUnit;
  /** A header with an id, for `signed`. */
  idHeader?: string;
  /** What is signed, with `{body}`, `{timestamp}`, `{id}`, `{method}` and `{url}`; `{body}` unless given. */
  signed?: string;
}

const KEY_FORMS: Record<NonNullable<HmacOptions['secretEncoding']>, KeyForm> = {
  text: textKey,
  base64: base64Key,
  hex: hexKey,
};

/** @throws TypeError for a signed string that cannot be */
export function hmac(options: HmacOptions): Scheme {
  const header = (options.header ?? 'X-Webhook-Signature').toLowerCase();
  const syntax = prefixed(options.prefix ?? '');
  const { signed: template = '{body}', timestampHeader, idHeader } = options;
  if (template.includes('{timestamp}') && timestampHeader === undefined)
    throw new TypeError("The signed string has {timestamp}: name its header in 'timestampHeader'.");
  if (template.includes('{id}') && idHeader === undefined)
    throw new TypeError("The signed string has {id}: name its header in 'idHeader'.");
  const id = template.includes('{id}') ? idHeader?.toLowerCase() : undefined;
  return {
    ways: [
      signed({
        header,
        syntax:
          options.case === undefined || options.case === 'lower' ? syntax : inCase(syntax, options.case),
        encoding: options.encoding ?? 'hex',
        hash: options.algorithm ?? 'sha256',
        signed: template,
        ...(id ? { id } : {}),
        ...(timestampHeader
          ? { time: { header: timestampHeader.toLowerCase(), unit: options.timestampUnit ?? 's' } }
          : {}),
      }),
    ],
    key: KEY_FORMS[options.secretEncoding ?? 'text'],
    eventId: idHeader ? [`header.${idHeader.toLowerCase()}`] : ['body.event_id', 'body.id'],
    eventType: ['body.type', 'body.event_type'],
    docs: 'https://datatracker.ietf.org/doc/html/rfc2104',
  };
}

/** Hex is compared in lower case; of a text in mixed case nobody says that it is canonical, and `any` takes it. */
function inCase(syntax: ReturnType<typeof prefixed>, which: 'upper' | 'any'): ReturnType<typeof prefixed> {
  const lower = (text: string) =>
    which === 'upper' && text !== text.toUpperCase() ? '' : text.toLowerCase();
  return {
    ...syntax,
    parse: (value) =>
      syntax.parse(value).map((group) => ({
        ...group,
        candidates: group.candidates.map((candidate) => ({ ...candidate, text: lower(candidate.text) })),
      })),
    format: (signature, timestamp) =>
      syntax.format(which === 'upper' ? signature.toUpperCase() : signature, timestamp),
  };
}

/** Visible ASCII without a dot: a dot in the id would move the border between id, time and body. */
const STANDARD_ID = { pattern: /^[!-\-/-~]+$/, words: 'visible ASCII without a dot' };

export function standardWay(prefix: string): ReturnType<typeof signed> {
  return signed({
    header: `${prefix}-signature`,
    syntax: versionedList,
    encoding: 'base64',
    signed: '{id}.{timestamp}.{body}',
    id: `${prefix}-id`,
    idForm: STANDARD_ID,
    time: { header: `${prefix}-timestamp`, unit: 's', toleranceSeconds: 300 },
  });
}

/**
 * https://www.standardwebhooks.com and https://docs.svix.com/receiving/verifying-payloads/how-manual
 *
 * @param prefixes of the headers, in the order in which they are looked for: the id that is used is the id that was signed
 */
export function standard(
  prefixes: readonly [string, ...string[]] = ['webhook', 'svix'],
  own: Partial<Scheme> = {},
): Scheme {
  const [first, ...others] = prefixes;
  return {
    ways: [standardWay(first), ...others.map(standardWay)],
    key: standardKey,
    eventId: prefixes.map((prefix) => `header.${prefix}-id`),
    eventType: ['body.type'],
    docs: 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    ...own,
  };
}

export const GENERIC_SCHEMES = {
  hmac: hmac({}),
  standard: standard(),
  svix: standard(['svix', 'webhook'], {
    docs: 'https://docs.svix.com/receiving/verifying-payloads/how-manual',
  }),
} satisfies Record<string, Scheme>;
