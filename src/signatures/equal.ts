// Makes ways to verify out of rows that say where a request carries the secret itself, or a user and a password.
import { isSameText } from './algorithms.ts';
import { at, formFields, jsonOf, rawQuery, UNREADABLE, withQuery } from './fields.ts';
import { textKey } from './keys.ts';
import { isObject } from './provider-keys.ts';
import type { Key, SignInput, Signing, VerifyInput, VerifyResult, Way } from './scheme.ts';
import { failed, missingHeaders, OK } from './verdicts.ts';

/** Such a request has proved that its sender knows the secret, and nothing about its content. */
export type EqualRow =
  /** `bearer`: the word may stand before the token. */
  | { header: string; bearer?: true }
  /** Names of which the query has one. */
  | { query: readonly [string, ...string[]] }
  /** The list in the body whose items each have the secret, and the key under which they have it. */
  | { list: string; key: string };

export function equal(row: EqualRow): Way {
  const headers = 'header' in row ? [row.header] : [];
  return {
    headers,
    credentials: headers,
    signs: 'nothing',
    form: { kind: 'equal', place: row },
    verify: (input) => verifyEqual(row, input),
    sign: (input) => signEqual(row, input),
  };
}

function verifyEqual(row: EqualRow, input: VerifyInput): VerifyResult {
  if ('list' in row) return verifyList(row, input);
  if ('header' in row) {
    const value = input.header(row.header);
    if (!value) return missingHeaders([row.header]);
    const token = row.bearer ? value.replace(/^bearer /i, '') : value;
    // A secret may itself begin with the word.
    return isSecret([value, token], input)
      ? OK
      : failed('signature_invalid', `the header '${row.header}' is no secret of this source`);
  }
  const values = (formFields(rawQuery(input.url)) ?? []).filter(([name]) => row.query.includes(name));
  const names = row.query.map((name) => `'${name}'`).join(' or ');
  if (values.every(([, value]) => value === ''))
    return failed('signature_missing', `the query of the URL has no ${names}`);
  // Several would be several guesses.
  if (values.length > 1)
    return failed('signature_invalid', `the query of the URL has ${names} more than once`);
  return isSecret([values[0]?.[1] ?? ''], input)
    ? OK
    : failed('signature_invalid', `${names} in the query of the URL is no secret of this source`);
}

/** The time that this takes says nothing of a secret, nor of its length. */
function isSecret(given: readonly string[], { secrets }: Pick<VerifyInput, 'secrets'>): boolean {
  let found = false;
  for (const text of given) for (const secret of secrets) found = isSameText(text, secret) || found;
  return found;
}

function verifyList(row: Extract<EqualRow, { list: string }>, input: VerifyInput): VerifyResult {
  const json = jsonOf(input.body);
  if (json === undefined) return failed('signature_invalid', UNREADABLE);
  const items = at(json, row.list);
  if (!Array.isArray(items) || items.length === 0)
    return failed('signature_missing', `the body has no item in '${row.list}'`);
  const tokens = new Set(items.map((item) => at(item, row.key)));
  const [token, ...others] = tokens;
  const place = `'${row.key}' of the items in '${row.list}'`;
  if (tokens.has(undefined) || tokens.has(null) || tokens.has(''))
    return failed('signature_missing', `${place} is missing`);
  // All items are of one subscription, and comparing many tokens would be many guesses.
  if (others.length > 0) return failed('signature_invalid', `${place} differs`);
  return typeof token === 'string' && isSecret([token], input)
    ? OK
    : failed('signature_invalid', `${place} is no secret of this source`);
}

function signEqual(row: EqualRow, { secret, body, url }: SignInput): Signing {
  if ('header' in row) return { headers: { [row.header]: secret } };
  if ('query' in row) return { headers: {}, url: withQuery(url, row.query[0], secret) };
  const json = jsonOf(body);
  if (!isObject(json))
    throw new TypeError(`The body has no place for '${row.list}': it must be a JSON object.`);
  const items = Array.isArray(json[row.list]) ? (json[row.list] as unknown[]) : [{}];
  const signed = items.map((item) => ({ ...(isObject(item) ? item : {}), [row.key]: secret }));
  return { headers: {}, body: Buffer.from(JSON.stringify({ ...json, [row.list]: signed })) };
}

/** Basic authentication (RFC 7617). The secret is `user:password`. */
export const basic: Way = {
  headers: ['authorization'],
  credentials: ['authorization'],
  signs: 'nothing',
  form: { kind: 'basic' },
  verify(input) {
    const value = input.header('authorization');
    if (!value) return missingHeaders(['authorization']);
    const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value) ?? [];
    if (encoded === undefined)
      return failed('signature_invalid', "the header 'authorization' is not of the form 'Basic <base64>'");
    return isSecret([Buffer.from(encoded, 'base64').toString('utf8')], input)
      ? OK
      : failed(
          'signature_invalid',
          "user and password in the header 'authorization' are not those of this source",
        );
  },
  sign: ({ secret }) => ({
    headers: { authorization: `Basic ${Buffer.from(secret).toString('base64')}` },
  }),
};

/** Two texts that belong together, by a colon: a user and a password, or an id and a key. */
export function pairKey(what: string): (secret: string) => Key | string {
  return (secret) => {
    const key = textKey(secret);
    if (typeof key === 'string') return key;
    const [first, second] = pairOf(secret);
    return first !== '' && second !== '' ? key : `the secret is not of the form '${what}'`;
  };
}

/** @returns what stands before the first colon, and what behind it */
export function pairOf(secret: string): [string, string] {
  const colon = secret.indexOf(':');
  return colon < 0 ? [secret, ''] : [secret.slice(0, colon), secret.slice(colon + 1)];
}
