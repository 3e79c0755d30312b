// Tests what webhook libraries often get wrong: bytes, lists, clocks, encodings, ids, duplicates.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type HeadersInput,
  type SchemeName,
  signRequest,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';

const NOW = 1_700_000_000;
const BODY = Buffer.from('{"id":"evt_1"}');
const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const SCHEMES = ['hmac', 'standard', 'svix', 'stripe', 'github'] as const;
const TIMED: SchemeName[] = ['standard', 'svix', 'stripe'];
const HEX_SCHEMES = ['hmac', 'stripe', 'github'] as const;
const SIGNATURE_HEADER = {
  hmac: 'x-webhook-signature',
  standard: 'webhook-signature',
  svix: 'svix-signature',
  stripe: 'stripe-signature',
  github: 'x-hub-signature-256',
} as const;

type Options = Partial<VerifyOptions> & { rawBody?: Uint8Array; now?: number };

function check(scheme: SchemeName, headers: HeadersInput, options: Options = {}): string {
  const result = verifySignature({ scheme, secrets: [KEY], headers, rawBody: BODY, now: NOW, ...options });
  return result.ok ? 'ok' : result.code;
}

function signed(scheme: SchemeName, options: { secret?: string; rawBody?: Uint8Array; now?: number } = {}) {
  return signRequest({ scheme, secret: KEY, rawBody: BODY, now: NOW, eventId: 'msg_1', ...options });
}

/** Signs a request, and changes the value of its signature header. */
function altered(
  scheme: keyof typeof SIGNATURE_HEADER,
  change: (value: string) => string,
): Record<string, string> {
  const headers = signed(scheme);
  const name = SIGNATURE_HEADER[scheme];
  return { ...headers, [name]: change(headers[name] ?? '') };
}

describe.each(SCHEMES)('every scheme: %s', (scheme) => {
  it('accepts what is signed, with header names in any case', () => {
    const headers = signed(scheme);
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(check(scheme, headers)).toBe('ok');
    expect(check(scheme, upper)).toBe('ok');
    expect(check(scheme, new Headers(headers))).toBe('ok');
  });

  it('does not confuse an invalid UTF-8 byte with U+FFFD', () => {
    const invalid = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    const replaced = Buffer.from(invalid.toString('utf8'));
    const headers = signed(scheme, { rawBody: invalid });
    expect(check(scheme, headers, { rawBody: invalid })).toBe('ok');
    expect(check(scheme, headers, { rawBody: replaced })).toBe('signature_invalid');
    expect(check(scheme, signed(scheme, { rawBody: replaced }), { rawBody: invalid })).toBe(
      'signature_invalid',
    );
  });

  it('counts a byte order mark as part of the body', () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), BODY]);
    const headers = signed(scheme, { rawBody: marked });
    expect(check(scheme, headers, { rawBody: marked })).toBe('ok');
    expect(check(scheme, headers)).toBe('signature_invalid');
    expect(check(scheme, signed(scheme), { rawBody: marked })).toBe('signature_invalid');
  });

  it('reads only the visible part of a larger buffer', () => {
    const view = Buffer.concat([Buffer.from('before'), BODY, Buffer.from('after')]).subarray(
      6,
      6 + BODY.length,
    );
    expect(check(scheme, signed(scheme), { rawBody: view })).toBe('ok');
  });

  it('verifies an empty body, and refuses a forged one', () => {
    const rawBody = new Uint8Array();
    expect(check(scheme, signed(scheme, { rawBody }), { rawBody })).toBe('ok');
    expect(check(scheme, signed(scheme), { rawBody })).toBe('signature_invalid');
    expect(check(scheme, {}, { rawBody })).toBe('signature_missing');
  });

  it('checks every secret', () => {
    const others = ['whsec_b3RoZXI=', 'plain text'];
    expect(check(scheme, signed(scheme), { secrets: [...others, KEY] })).toBe('ok');
    expect(check(scheme, signed(scheme), { secrets: [KEY, ...others] })).toBe('ok');
    expect(check(scheme, signed(scheme), { secrets: others })).toBe('signature_invalid');
  });

  it('calls a missing or empty header missing, and a blank header invalid', () => {
    expect(check(scheme, {})).toBe('signature_missing');
    expect(check(scheme, { [SIGNATURE_HEADER[scheme]]: undefined })).toBe('signature_missing');
    expect(
      check(
        scheme,
        altered(scheme, () => ''),
      ),
    ).toBe('signature_missing');
    expect(
      check(
        scheme,
        altered(scheme, () => ' '),
      ),
    ).toBe('signature_invalid');
  });

  it('reads a repeated header in the same way as a list, joined by Node, and joined by Fetch', () => {
    const name = SIGNATURE_HEADER[scheme];
    const good = signed(scheme);
    const bad = (good[name] ?? '').replace(/[^,=]{6}=*$/, (end) => [...end].reverse().join(''));
    const values = [bad, good[name] ?? ''];
    const fetchHeaders = new Headers(good);
    fetchHeaders.set(name, bad);
    fetchHeaders.append(name, good[name] ?? '');
    expect(check(scheme, { ...good, [name]: values })).toBe('ok');
    expect(check(scheme, { ...good, [name]: values.toReversed() })).toBe('ok');
    expect(check(scheme, { ...good, [name]: values.join(', ') })).toBe('ok');
    expect(check(scheme, fetchHeaders)).toBe('ok');
    expect(check(scheme, { ...good, [name]: [bad, bad] })).toBe('signature_invalid');
    expect(check(scheme, { ...good, [name]: bad, [name.toUpperCase()]: good[name] })).toBe('ok');
  });

  it('counts a header once that comes several times with one value, whichever header it is', () => {
    const good = signed(scheme);
    const twice = Object.fromEntries(Object.entries(good).map(([name, value]) => [name, [value, value]]));
    expect(check(scheme, twice)).toBe('ok');
    const name = SIGNATURE_HEADER[scheme];
    expect(check(scheme, { ...good, [name]: Array(20).fill(good[name]) })).toBe('ok');
    expect(check(scheme, { ...good, [name.toUpperCase()]: [good[name] ?? ''] })).toBe('ok');
  });

  it('never throws because of garbage in headers', () => {
    const signedHeaders = Object.keys(signed(scheme)).filter((name) => name !== 'x-github-delivery');
    const values = [
      '\u0000',
      'ÿþ',
      'Ł'.repeat(64),
      '='.repeat(50),
      ',,,,',
      't=,v1=',
      'v1,',
      'v1a,',
      '💥',
      '__proto__',
    ];
    for (const value of values) {
      for (const name of signedHeaders) {
        expect(check(scheme, { ...signed(scheme), [name]: value }), `${name}: ${value}`).toBe(
          'signature_invalid',
        );
      }
    }
    const odd = { [SIGNATURE_HEADER[scheme]]: 5, constructor: null, ['__proto__']: ['x', 7] };
    expect(check(scheme, odd as unknown as HeadersInput)).toBe('signature_missing');
  });

  it('refuses too many signatures, even if they are right', () => {
    const many = altered(scheme, (value) => {
      const separator = scheme === 'standard' || scheme === 'svix' ? ' ' : ',';
      return Array(20).fill(value).join(separator);
    });
    expect(check(scheme, many)).toBe('signature_invalid');
  });
});

describe.each(HEX_SCHEMES)('hex: %s', (scheme) => {
  it('refuses upper-case hex', () => {
    const upper = altered(scheme, (value) => value.replace(/[0-9a-f]{64}$/, (hex) => hex.toUpperCase()));
    expect(check(scheme, upper)).toBe('signature_invalid');
  });

  it('refuses a longer, a shorter and a padded signature', () => {
    for (const change of [(v: string) => `${v}00`, (v: string) => v.slice(0, -2), (v: string) => `${v} `]) {
      expect(check(scheme, altered(scheme, change))).toBe('signature_invalid');
    }
  });
});

describe.each(TIMED)('signed time: %s', (scheme) => {
  it('allows at most 300 seconds either way', () => {
    const headers = signed(scheme);
    for (const now of [NOW - 300, NOW, NOW + 300, NOW + 300.9])
      expect(check(scheme, headers, { now })).toBe('ok');
    for (const now of [NOW - 301, NOW + 301, 0, NOW * 1000]) {
      expect(check(scheme, headers, { now })).toBe('timestamp_out_of_tolerance');
    }
  });

  it('keeps the configured tolerance', () => {
    const headers = signed(scheme);
    expect(check(scheme, headers, { now: NOW + 900, toleranceSeconds: 900 })).toBe('ok');
    expect(check(scheme, headers, { now: NOW + 6, toleranceSeconds: 5 })).toBe('timestamp_out_of_tolerance');
    expect(check(scheme, headers, { toleranceSeconds: 0 })).toBe('ok');
  });

  it('calls a stale and wrongly signed request invalid, not stale', () => {
    const options = { now: NOW + 9999, secrets: ['another'] };
    expect(check(scheme, signed(scheme), options)).toBe('signature_invalid');
  });

  it('refuses everything when the clock is broken', () => {
    expect(check(scheme, signed(scheme), { now: Number.NaN })).toBe('timestamp_out_of_tolerance');
  });

  it('uses the system clock by default', () => {
    expect(check(scheme, signed(scheme, { now: undefined }), { now: undefined })).toBe('ok');
    expect(check(scheme, signed(scheme), { now: undefined })).toBe('timestamp_out_of_tolerance');
  });
});

describe('strict timestamps', () => {
  const malformed = [
    '1700000000abc',
    '1.7e9',
    '+1700000000',
    '-1',
    '1700000000.0',
    '0x6553f100',
    '01700000000',
  ];
  const more = ['1700000000 ', '', 'NaN', 'Infinity', '１７０００００００００', '9'.repeat(16)];

  it.each([...malformed, ...more])('refuses %j in Stripe-Signature though it is signed', (t) => {
    const mac = createHmac('sha256', KEY).update(`${t}.`).update(BODY).digest('hex');
    expect(check('stripe', { 'stripe-signature': `t=${t},v1=${mac}` })).toBe('signature_invalid');
  });

  it('reads milliseconds in a header of seconds as a time in the far future', () => {
    const headers = signed('stripe', { now: NOW * 1000 });
    expect(check('stripe', headers)).toBe('timestamp_out_of_tolerance');
  });
});

describe('stripe', () => {
  const header = (secret = KEY, now = NOW) => signed('stripe', { secret, now })['stripe-signature'] ?? '';
  const macOf = (text: string) => text.slice(text.indexOf('v1=') + 3);

  it('checks every v1 signature, be it first, middle or last', () => {
    const [mac, wrong] = [macOf(header()), macOf(header('other'))];
    for (const macs of [
      [mac, wrong, wrong],
      [wrong, mac, wrong],
      [wrong, wrong, mac],
    ]) {
      const value = `t=${NOW},${macs.map((text) => `v1=${text}`).join(',')},v0=${wrong}`;
      expect(check('stripe', { 'stripe-signature': value })).toBe('ok');
    }
  });

  it('accepts only v1', () => {
    for (const key of ['v0', 'v2', 'V1', 'v1a', ' v1 ']) {
      expect(check('stripe', { 'stripe-signature': `t=${NOW},${key}=${macOf(header())}` })).toBe(
        'signature_invalid',
      );
    }
  });

  it('refuses a header without a time or with two times', () => {
    const mac = macOf(header());
    for (const value of [`v1=${mac}`, `t=${NOW},v1=${mac},t=${NOW + 1}`, `t=${NOW - 1},t=${NOW},v1=${mac}`]) {
      expect(check('stripe', { 'stripe-signature': value })).toBe('signature_invalid');
    }
  });

  it('uses the whole whsec_ text as the key', () => {
    const decoded = Buffer.from(KEY.slice(6), 'base64');
    const mac = createHmac('sha256', decoded).update(`${NOW}.`).update(BODY).digest('hex');
    expect(check('stripe', { 'stripe-signature': `t=${NOW},v1=${mac}` })).toBe('signature_invalid');
  });
});

describe('github', () => {
  it('refuses a signature without its prefix, with the SHA-1 prefix, or with an upper-case prefix', () => {
    for (const prefix of ['', 'sha1=', 'SHA256=', 'sha256:', 'sha256==']) {
      const headers = altered('github', (value) => value.replace('sha256=', prefix));
      expect(check('github', headers)).toBe('signature_invalid');
    }
  });

  it('ignores the SHA-1 header', () => {
    const headers = { 'x-hub-signature': signed('github')['x-hub-signature-256'] };
    expect(check('github', headers)).toBe('signature_missing');
  });
});
