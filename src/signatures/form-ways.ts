// Ways that sign the URL with the fields of a form: Twilio's and Plivo's.
import { createHash } from 'node:crypto';
import { hmacText, isEqual } from './algorithms.ts';
import { type Fields, formFields, formOf, only, rawQuery, textOf, UNREADABLE, withQuery } from './fields.ts';
import type { Hash, Key, SignInput, Signing, VerifyInput, VerifyResult, Way } from './scheme.ts';
import { failed, missingHeaders, OK } from './verdicts.ts';

type MacKey = Extract<Key, { bytes: Uint8Array }>;

const SIGNATURE = 'x-twilio-signature';
const SETTINGS = 'x-twilio-webhooks-signature-settings';
const HASHES: Record<string, Hash> = { HMAC_SHA1: 'sha1', HMAC_SHA256: 'sha256' };

/**
 * Twilio signs the form's fields, and of any other body the hash, which stands in the query. Name and value have no border
 * in what is signed, and the last of the URL none to the first name: the configured URL is what holds them apart.
 */
export const twilioWay: Way = {
  headers: [SIGNATURE],
  credentials: [SIGNATURE],
  signs: 'all',
  signsUrl: true,
  verify(input) {
    const signature = input.header(SIGNATURE);
    if (!signature) return missingHeaders([SIGNATURE]);
    const hash = twilioHash(input.header(SETTINGS));
    if (!hash) return failed('signature_invalid', `the algorithm in the header '${SETTINGS}' is not known`);
    const bodyHash = only(formFields(rawQuery(input.url)), 'bodySHA256');
    if (bodyHash !== undefined && !isEqual(Buffer.from(bodyHash), Buffer.from(hashOf(input.body))))
      return failed('signature_invalid', "'bodySHA256' in the query is not the hash of the raw body");
    const fields = bodyHash === undefined ? formOf(input.body) : [];
    if (!fields) return failed('signature_invalid', UNREADABLE);
    const tail = twilioFields(fields);
    const given = Buffer.from(signature);
    for (const url of withAndWithoutPort(input.url)) {
      for (const key of input.keys) {
        if (isEqual(given, Buffer.from(hmacText((key as MacKey).bytes, [url + tail], 'base64', hash))))
          return OK;
      }
    }
    return unfit(SIGNATURE);
  },
  sign(input) {
    const { key, body, url } = input;
    // A body in braces or brackets is JSON; what is left is a form, as Twilio sends it.
    const isForm = !/^\s*[[{]/.test(textOf(body) ?? '{');
    const whole = isForm ? url : withQuery(url, 'bodySHA256', hashOf(body));
    const tail = isForm ? twilioFields(formOf(body) ?? []) : '';
    const headers = { [SIGNATURE]: hmacText((key as MacKey).bytes, [whole + tail], 'base64', 'sha1') };
    return isForm ? formSigning(headers) : { headers, url: whole };
  },
};

function unfit(header: string): VerifyResult {
  return failed(
    'signature_invalid',
    `the signature in the header '${header}' fits no secret of this source with the URL and the body; set 'url' to the address that the provider calls`,
  );
}

function formSigning(headers: Record<string, string>): Signing {
  return { headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } };
}

function hashOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

/** Without the header, Twilio has signed with the account's Auth Token. */
function twilioHash(settings: string | undefined): Hash | undefined {
  if (!settings) return 'sha1';
  const values = settings.split(',').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=');
    return name.trim() === 'algorithm' ? [value.join('=').trim()] : [];
  });
  const [name = '', ...more] = values;
  return more.length === 0 && Object.hasOwn(HASHES, name) ? HASHES[name] : undefined;
}

/** Names in order, each with its values in order, and the same value once. */
function twilioFields(fields: Fields): string {
  return grouped(fields)
    .flatMap(([name, values]) => [...new Set(values)].sort().map((value) => name + value))
    .join('');
}

function grouped(fields: Fields): [string, string[]][] {
  const byName = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const values = byName.get(name);
    if (values) values.push(value);
    else byName.set(name, [value]);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
}

const URL_PARTS = /^(https?:\/\/(?:[^/?#@]*@)?)(\[[^\]/?#]*\]|[^/?#:]*)(:\d+)?(.*)$/is;

/** Twilio signs the URL with or without its standard port, whichever way it was written. */
function withAndWithoutPort(url: string): string[] {
  const [, start, host, port, rest] = URL_PARTS.exec(url) ?? [];
  if (start === undefined) return [url];
  const standard = /^https/i.test(start) ? ':443' : ':80';
  return [...new Set([`${start}${host}${rest}`, `${start}${host}${port ?? standard}${rest}`])];
}

const PLIVO = 'x-plivo-signature-v3';
const PLIVO_MAIN = 'x-plivo-signature-ma-v3';
const PLIVO_NONCE = 'x-plivo-signature-v3-nonce';

/** The second header has the signature with the token of the main account. */
export const plivoWay: Way = {
  headers: [PLIVO, PLIVO_MAIN, PLIVO_NONCE],
  credentials: [PLIVO, PLIVO_MAIN],
  signs: 'all',
  signsUrl: true,
  verify(input) {
    const signatures = [PLIVO, PLIVO_MAIN].flatMap((name) => input.header(name)?.split(/,\s*/) ?? []);
    const nonce = input.header(PLIVO_NONCE);
    if (signatures.every((signature) => signature === '')) return missingHeaders([PLIVO]);
    if (!nonce) return missingHeaders([PLIVO_NONCE]);
    if (signatures.length > 16)
      return failed('signature_invalid', `the header '${PLIVO}' has more than 16 signatures`);
    const content = plivoContent(input, nonce);
    if (content === undefined) return failed('signature_invalid', UNREADABLE);
    for (const key of input.keys) {
      const expected = Buffer.from(hmacText((key as MacKey).bytes, [content], 'base64'));
      if (signatures.some((signature) => isEqual(Buffer.from(signature), expected))) return OK;
    }
    return unfit(PLIVO);
  },
  sign(input) {
    const nonce = input.id || String(Math.floor(input.nowSeconds * 1e6));
    const content = plivoContent(input, nonce);
    if (content === undefined) throw new TypeError('The body is no form.');
    const signature = hmacText((input.key as MacKey).bytes, [content], 'base64');
    return formSigning({ [PLIVO]: signature, [PLIVO_NONCE]: nonce });
  },
};

/** The query counts as it is decoded, in order; the fields of the form follow. */
function plivoContent(
  { url, method, body }: Pick<VerifyInput | SignInput, 'url' | 'method' | 'body'>,
  nonce: string,
): string | undefined {
  const query = formFields(rawQuery(url));
  const fields = method === 'GET' ? [] : formOf(body);
  if (!query || !fields) return undefined;
  const pairs = grouped(query)
    .flatMap(([name, values]) => values.sort().map((value) => `${name}=${value}`))
    .join('&');
  const params = grouped(fields)
    .flatMap(([name, values]) => values.sort().map((value) => name + value))
    .join('');
  const hasFields = fields.length > 0;
  const start = url.replace(/[?#].*$/s, '') + (pairs !== '' || hasFields ? '?' : '');
  return `${start}${pairs}${pairs !== '' && hasFields ? '.' : ''}${params}.${nonce}`;
}
