// Tests what holds for every scheme that is no plain HMAC: with the right request, and with each wrong one.
import { describe, expect, it } from 'vitest';
import { checkSecret, schemeDefaults, signRequest, signWebhook } from '../../src/signatures/index.ts';
import { givenBy, NOW, OTHER_CASES, UNSIGNABLE, URL_OF, verdict } from '../support/other-schemes.ts';

const TIMED = OTHER_CASES.filter(({ tolerance }) => tolerance !== undefined);
const WHOLE = OTHER_CASES.filter(({ covers }) => covers === 'all');

describe.each(OTHER_CASES)('$scheme', (tested) => {
  it('takes a right request, whatever the case of its header names', () => {
    const given = givenBy(tested);
    expect(verdict(given)).toBe('ok');
    const headers = Object.fromEntries(
      Object.entries(given.headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(verdict(given, { headers })).toBe('ok');
  });

  it('takes any of its secrets, and refuses others', () => {
    const given = givenBy(tested);
    expect(verdict(given, { secrets: [tested.other, tested.secret] })).toBe('ok');
    expect(verdict(given, { secrets: [tested.secret, tested.other] })).toBe('ok');
    expect(verdict(given, { secrets: [tested.other] })).toBe('signature_invalid');
  });

  it('calls a request without a signature one', () => {
    const { scheme, secrets, now } = givenBy(tested);
    const bare = { scheme, secrets, now, headers: {}, rawBody: Buffer.from(tested.body), url: URL_OF };
    expect(['signature_missing', 'signature_invalid']).toContain(verdict(bare));
  });

  it('refuses nonsense in place of each header', () => {
    const given = givenBy(tested);
    for (const name of Object.keys(given.headers).filter((one) => one !== 'content-type')) {
      for (const nonsense of [' ', 'x', '.', 'a.b.c', '=', 'Basic !', 'Bearer ', 'é', ','.repeat(100)]) {
        const headers = { ...given.headers, [name]: nonsense };
        expect(verdict(given, { headers }), `${name}: ${nonsense}`).not.toBe('ok');
      }
      expect(verdict(given, { headers: { ...given.headers, [name]: '' } }), name).not.toBe('ok');
    }
  });

  it('refuses nonsense in place of the body, unless only a secret is checked', () => {
    const given = givenBy(tested);
    if (tested.covers === 'nothing') return;
    const bodies = [
      '',
      ' ',
      '{',
      '[]',
      'null',
      '5',
      '""',
      '{"signature":1}',
      'a=%',
      '\xff',
      '[{}]',
      '{"value":[null]}',
    ];
    for (const body of bodies)
      expect(verdict(given, { rawBody: Buffer.from(body, 'latin1') }), body).not.toBe('ok');
  });

  it('names places of an id, and headers that are not stored', () => {
    const { eventId, credentialHeaders } = schemeDefaults(tested.scheme);
    expect(eventId.length).toBeGreaterThan(0);
    for (const name of credentialHeaders) expect(name).toBe(name.toLowerCase());
  });

  it('refuses a secret that is none', () => {
    for (const secret of ['', '  ']) expect(checkSecret(tested.scheme, secret)).toMatch(/empty/);
    for (const secret of [tested.secret, tested.other])
      expect(checkSecret(tested.scheme, secret)).toBeUndefined();
  });
});

describe.each(WHOLE)('$scheme', (tested) => {
  it('notices each changed, added and missing byte of the body', () => {
    const given = givenBy(tested);
    const body = Buffer.from(given.rawBody);
    for (let at = 0; at < body.length; at += Math.ceil(body.length / 40)) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(verdict(given, { rawBody: changed }), `byte ${at}`).toBe('signature_invalid');
    }
    for (const changed of [Buffer.concat([body, Buffer.from(' ')]), body.subarray(1), body.subarray(0, -1)])
      expect(verdict(given, { rawBody: changed })).toBe('signature_invalid');
  });
});

describe.each(TIMED)('$scheme', (tested) => {
  const tolerance = tested.tolerance ?? 0;

  it(`takes a time that is ${tolerance} s off, and none further off, either way`, () => {
    const given = givenBy(tested);
    for (const off of [tolerance, -tolerance]) expect(verdict(given, { now: NOW + off })).toBe('ok');
    for (const off of [tolerance + 1, -tolerance - 1])
      expect(verdict(given, { now: NOW + off })).toBe('timestamp_out_of_tolerance');
    expect(verdict(given, { now: NOW + 5, toleranceSeconds: 4 })).toBe('timestamp_out_of_tolerance');
  });

  it('says of a wrong signature that it is wrong, however old it is', () => {
    const given = givenBy(tested);
    expect(verdict(given, { now: NOW + 9_999, secrets: [tested.other] })).toBe('signature_invalid');
  });
});

describe('signing', () => {
  it.each(UNSIGNABLE)('is refused where only the provider can: %s', (name) => {
    const { scheme, secret } = OTHER_CASES.find((one) => one.scheme === name) as (typeof OTHER_CASES)[number];
    expect(() => signWebhook({ scheme, secret, rawBody: Buffer.from('{}') })).toThrow(TypeError);
  });

  it.each(['mailgun', 'dropbox-sign', 'mailchimp'] as const)(
    'in the body or the URL is not done by a function that returns headers: %s',
    (scheme) => {
      expect(() => signRequest({ scheme, secret: 'a', rawBody: Buffer.from('{}') })).toThrow(/signWebhook/);
    },
  );

  it('leaves body and URL as they are where the signature stands in a header', () => {
    const rawBody = Buffer.from('{"a": 1}\n');
    const signed = signWebhook({ scheme: 'github', secret: 'a', rawBody, url: URL_OF });
    expect(signed).toEqual({ headers: signed.headers, rawBody, url: URL_OF });
    expect(signed.headers).toEqual(signRequest({ scheme: 'github', secret: 'a', rawBody }));
  });

  it('returns the query alone if no URL is given', () => {
    const { url } = signWebhook({ scheme: 'mailchimp', secret: 'a b', rawBody: Buffer.from('') });
    expect(url).toBe('?secret=a%20b');
  });
});
