// Tests every scheme of the table in the same ways: what is signed is taken, and nothing else.
import { describe, expect, it } from 'vitest';
import {
  findScheme,
  type HeadersInput,
  SCHEME_NAMES,
  signRequest,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';
import { OTHER_CASES } from '../support/other-schemes.ts';
import { NOW, PINNED, SCHEME_CASES, type SchemeCase, signedHeaders } from '../support/scheme-cases.ts';

const TEXT = Buffer.from('{"id":"evt_1"}');

type Options = Partial<VerifyOptions> & { rawBody?: Uint8Array; now?: number };

function check(tested: SchemeCase, headers: HeadersInput, options: Options = {}): string {
  const { scheme, secret, more, bodyOf } = tested;
  const result = verifySignature({
    scheme,
    secrets: [secret],
    headers,
    rawBody: bodyOf(TEXT),
    now: NOW,
    ...more,
    ...options,
  });
  return result.ok ? 'ok' : result.code;
}

const signed = (tested: SchemeCase, rawBody = tested.bodyOf(TEXT)) => signedHeaders(tested, rawBody);

/** Changes the last digit of a signature, and keeps its form. */
const wrong = (value: string) =>
  value.replace(/.(?==*$)/, (last) => (last === '0' || last === 'A' ? '4' : last === 'a' ? 'b' : '0'));

it('has every scheme in one of the two tables of the tests', () => {
  const tested = [...SCHEME_CASES, ...OTHER_CASES].map(({ scheme }) => scheme);
  const withFetchedKeys = ['aws-sns', 'ebay', 'plaid']; // have tests of their own in signatures-keys
  expect([...new Set([...tested, ...withFetchedKeys])].sort()).toEqual([...SCHEME_NAMES].sort());
});

it('has a line with the headers of every scheme that can sign', () => {
  const headers = Object.fromEntries(
    SCHEME_CASES.map((tested) => {
      const { scheme, secret, more, bodyOf } = tested;
      const ways = findScheme(scheme).ways.flatMap((way) => way.headers);
      const set = signRequest({ scheme, secret, rawBody: bodyOf(TEXT), eventId: 'msg_1', now: NOW, ...more });
      return [
        scheme,
        Object.keys(set)
          .filter((name) => ways.includes(name))
          .sort(),
      ];
    }),
  );
  const pinned = Object.entries(PINNED).map(([scheme, line]) => [
    scheme,
    line
      .split(' ')
      .filter((word) => !/^\d+$/.test(word))
      .sort(),
  ]);
  expect(headers).toEqual(Object.fromEntries(pinned));
});

it('names the documentation of every provider, and places without empty parts', () => {
  for (const name of SCHEME_NAMES) {
    const { docs, eventId, eventType } = findScheme(name);
    expect(docs, name).toMatch(/^https:\/\/[^ ]+$/);
    expect(JSON.stringify([eventId, eventType]), name).not.toMatch(
      /"(header|body\.|)"|\.\.|"header\.[^"]*[A-Z]/,
    );
    expect(eventId.length, name).toBeGreaterThan(0);
  }
});

describe.each(SCHEME_CASES)('$scheme', (tested) => {
  const [signatureHeader = ''] = tested.headers;
  const others = tested.headers.slice(1);

  it('takes what is signed, with header names in any case', () => {
    const headers = signed(tested);
    const upper = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]);
    expect(check(tested, headers)).toBe('ok');
    expect(check(tested, Object.fromEntries(upper))).toBe('ok');
    expect(check(tested, new Headers(headers))).toBe('ok');
  });

  it('refuses another body, and another secret', () => {
    const body = tested.bodyOf(Buffer.from('{"id":"evt_2"}'));
    const forged = tested.signs === 'all' ? 'signature_invalid' : 'ok';
    expect(check(tested, signed(tested), { rawBody: body })).toBe(forged);
    const rawBody = tested.bodyOf(TEXT);
    expect(check(tested, signedHeaders(tested, rawBody, { secret: tested.other }))).toBe('signature_invalid');
  });

  it('takes the second secret', () => {
    expect(check(tested, signed(tested), { secrets: [tested.other, tested.secret] })).toBe('ok');
  });

  it('calls each missing header missing', () => {
    expect(check(tested, {})).toBe('signature_missing');
    for (const name of tested.headers) {
      for (const value of [undefined, ''])
        expect(check(tested, { ...signed(tested), [name]: value }), name).toBe('signature_missing');
    }
  });

  it('refuses malformed headers', () => {
    for (const name of tested.headers) {
      for (const value of ['?', ' ', ',', '=', 'ÿþ', `${signed(tested)[name]}0`, 'x'.repeat(5_000)]) {
        const headers = { ...signed(tested), [name]: value };
        expect(check(tested, headers), `${name}: ${value.slice(0, 200)}`).toBe('signature_invalid');
      }
    }
  });

  it('takes a right signature behind a wrong one, however the header was repeated', () => {
    const headers = signed(tested);
    const right = headers[signatureHeader] ?? '';
    expect(check(tested, { ...headers, [signatureHeader]: wrong(right) })).toBe('signature_invalid');
    for (const list of [[wrong(right), right], [right, wrong(right)], [`${wrong(right)}, ${right}`]])
      expect(check(tested, { ...headers, [signatureHeader]: list }), list.join(' | ')).toBe('ok');
  });

  it('refuses hex in upper case', () => {
    const headers = signed(tested);
    const value = headers[signatureHeader] ?? '';
    const upper = value.replace(/[0-9a-f]{40,}/, (hex) => hex.toUpperCase());
    if (upper === value) return; // the scheme has base64
    expect(check(tested, { ...headers, [signatureHeader]: upper })).toBe('signature_invalid');
  });

  it('signs bytes: not UTF-8, and none', () => {
    const odd = tested.bodyOf(Buffer.from([0x7b, 0xff, 0xfe, 0x00]));
    const replaced = tested.bodyOf(Buffer.from(Buffer.from([0x7b, 0xff, 0xfe, 0x00]).toString('utf8')));
    expect(check(tested, signed(tested, odd), { rawBody: odd })).toBe('ok');
    if (tested.signs === 'all')
      expect(check(tested, signed(tested, odd), { rawBody: replaced })).toBe('signature_invalid');
    const none = Buffer.alloc(0);
    // The time of Linear is in the body.
    const empty = tested.scheme === 'linear' ? 'signature_invalid' : 'ok';
    expect(check(tested, signed(tested, none), { rawBody: none })).toBe(empty);
    if (tested.signs === 'all')
      expect(check(tested, signed(tested), { rawBody: none })).toBe('signature_invalid');
  });

  it('holds the time to its tolerance, before and after', () => {
    const headers = signed(tested);
    const { toleranceSeconds = Number.POSITIVE_INFINITY } = tested;
    if (toleranceSeconds === Number.POSITIVE_INFINITY) {
      for (const now of [0, NOW * 10]) expect(check(tested, headers, { now })).toBe('ok');
      return;
    }
    for (const off of [toleranceSeconds, -toleranceSeconds])
      expect(check(tested, headers, { now: NOW + off })).toBe('ok');
    for (const off of [toleranceSeconds + 1, -toleranceSeconds - 1]) {
      expect(check(tested, headers, { now: NOW + off })).toBe('timestamp_out_of_tolerance');
      const options = { now: NOW + off, toleranceSeconds: toleranceSeconds + 1 };
      expect(check(tested, headers, options)).toBe('ok');
    }
    const forged = { now: NOW + 99_999, secrets: [tested.other] };
    expect(check(tested, headers, forged)).toBe('signature_invalid');
  });

  it('signs the id or time of every other header', () => {
    for (const name of others) {
      const value = headerOfAnother(tested, name);
      expect(check(tested, { ...signed(tested), [name]: value }), name).toBe('signature_invalid');
    }
  });
});

/** The same header of a request with another id, a second later. */
function headerOfAnother({ scheme, secret, more, bodyOf }: SchemeCase, name: string): string {
  const rawBody = bodyOf(TEXT);
  const all = signRequest({ scheme, secret, rawBody, eventId: 'msg_2', now: NOW + 1, ...more });
  return all[name] ?? '';
}
