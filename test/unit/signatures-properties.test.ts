// Tests what holds for every request, with random requests: nothing makes a verifier throw, and every bit counts.
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkSecret,
  findScheme,
  SCHEME_NAMES,
  type SchemeName,
  verifySignature,
} from '../../src/signatures/index.ts';
import { NOW, SCHEME_CASES, signedHeaders } from '../support/scheme-cases.ts';

const URL = 'https://hooks.example/webhooks/source?a=1';
const spki = { type: 'spki', format: 'pem' } as const;
/** One of them is a secret of any scheme. */
const SECRETS = [
  ...new Set(SCHEME_CASES.map(({ secret }) => secret)),
  'user:password',
  generateKeyPairSync('ed25519').publicKey.export(spki).toString(),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(spki).toString(),
  generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export(spki).toString(),
];

function secretOf(scheme: SchemeName): string {
  const found = SECRETS.find((secret) => checkSecret(scheme, secret) === undefined);
  if (found === undefined) throw new Error(`no secret of this test is one of the scheme '${scheme}'`);
  return found;
}

/** Pieces of which signature headers are made, so that random headers come past the first check. */
const PIECES = [
  't=',
  'ts=',
  'v=',
  's=',
  'd=',
  'h=',
  'v0=',
  'v1=',
  'h1=',
  'sha256=',
  'v1,',
  'v1a,',
  ',',
  ';',
  ' ',
  '=',
];
const TIMES = [
  String(NOW),
  String(NOW * 1000),
  new Date(NOW * 1000).toISOString(),
  '1e9',
  '-1',
  '9'.repeat(30),
];
const piece = fc.oneof(
  fc.constantFrom(...PIECES, ...TIMES, 'a'.repeat(64), 'x-event-id', 'constructor', '__proto__'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
/** What Node gives, and what callers in plain JavaScript may give. */
const value = fc.oneof(
  { weight: 8, arbitrary: text },
  { weight: 2, arbitrary: fc.array(text, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(undefined, null, 5, {}, [5, null]) as fc.Arbitrary<unknown> },
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.jsonValue().map((json) => Buffer.from(JSON.stringify(json))),
  text.map((given) => Buffer.from(given)),
);

describe.each(SCHEME_NAMES)('any request of %s', (scheme) => {
  const names = [...new Set(findScheme(scheme).ways.flatMap(({ headers }) => headers))].slice(0, 8);
  const headers = fc.tuple(
    fc.dictionary(fc.string(), value, { maxKeys: 3 }),
    fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }),
  );

  it('is judged, and makes nothing throw', () => {
    const secrets = [secretOf(scheme)];
    const property = fc.property(headers, body, text, ([others, own], rawBody, url) => {
      const request = { headers: { ...others, ...own } as Record<string, string>, rawBody, now: NOW };
      for (const given of [URL, `https://${url}/?${url}`]) {
        const result = verifySignature({ scheme, secrets, ...request, url: given });
        expect(typeof result.ok).toBe('boolean');
        if (!result.ok) expect(result.detail).not.toBe('');
      }
    });
    fc.assert(property, { numRuns: 100 });
  });
});

describe.each(SCHEME_CASES)('one bit of $scheme', (tested) => {
  const { scheme, secret, more, bodyOf } = tested;

  function flip(text: string, at: number, bit: number): string {
    const place = at % text.length;
    const changed = String.fromCharCode(text.charCodeAt(place) ^ (1 << bit));
    return text.slice(0, place) + changed + text.slice(place + 1);
  }

  /** Hex has two ways to write a letter. */
  const isSameKey = (a: string, b: string) => scheme === 'close' && a.toLowerCase() === b.toLowerCase();

  it('of body, signed header or secret makes a valid request invalid', () => {
    const property = fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc.nat({ max: 10_000 }),
      fc.nat({ max: 6 }),
      (bytes, at, bit) => {
        const rawBody = bodyOf(bytes);
        const headers = signedHeaders(tested, rawBody);
        const check = (changed: object) =>
          verifySignature({ scheme, secrets: [secret], headers, rawBody, now: NOW, ...more, ...changed }).ok;
        expect(check({})).toBe(true);
        const flipped = Buffer.from(rawBody);
        const place = at % flipped.length;
        flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
        if (tested.signs === 'all') expect(check({ rawBody: flipped }), 'body').toBe(false);
        for (const [name, given] of Object.entries(headers)) {
          const changed = { headers: { ...headers, [name]: flip(given, at, bit) } };
          expect(check(changed), `${name}: ${flip(given, at, bit)}`).toBe(false);
        }
        const another = flip(secret, at, bit);
        if (checkSecret(scheme, another) !== undefined || isSameKey(secret, another)) return;
        expect(check({ secrets: [another] }), `the secret ${another}`).toBe(false);
      },
    );
    fc.assert(property, { numRuns: 60 });
  });
});
