// Tests what callers configure: the options of hmac, defaults, secrets, and mistakes that throw a TypeError.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  checkSecret,
  SCHEME_NAMES,
  type SchemeName,
  schemeDefaults,
  signDelivery,
  signRequest,
  verifySignature,
} from '../../src/signatures/index.ts';
import { SCHEME_CASES } from '../support/scheme-cases.ts';

const NOW = 1_700_000_000;
const rawBody = Buffer.from('{"event_id":"1"}');
const secret = 'partner secret';
const mac = (encoding: 'hex' | 'base64') => createHmac('sha256', secret).update(rawBody).digest(encoding);
const base = { scheme: 'hmac', secrets: [secret], rawBody, now: NOW } as const;

describe('hmac', () => {
  it('reads lower-case hex from X-Webhook-Signature by default', () => {
    expect(verifySignature({ ...base, headers: { 'X-Webhook-Signature': mac('hex') } })).toEqual({
      ok: true,
    });
    expect(verifySignature({ ...base, headers: { 'X-Webhook-Signature': mac('base64') } }).ok).toBe(false);
    expect(signRequest({ scheme: 'hmac', secret, rawBody })).toEqual({ 'x-webhook-signature': mac('hex') });
  });

  it.each(['sha256=', 'v1,', 'Signature '])('reads a configured header, encoding and prefix %j', (prefix) => {
    const options = { header: 'X-Partner-Sig', prefix, encoding: 'base64' } as const;
    const headers = signRequest({ scheme: 'hmac', secret, rawBody, ...options });
    expect(headers).toEqual({ 'x-partner-sig': `${prefix}${mac('base64')}` });
    expect(verifySignature({ ...base, ...options, headers })).toEqual({ ok: true });
    const twice = { 'x-partner-sig': [`${prefix}nonsense`, `${prefix}${mac('base64')}`] };
    expect(verifySignature({ ...base, ...options, headers: twice })).toEqual({ ok: true });
    const bare = { 'x-partner-sig': mac('base64') };
    expect(verifySignature({ ...base, ...options, headers: bare }).ok).toBe(false);
    expect(verifySignature({ ...base, headers })).toMatchObject({ ok: false, code: 'signature_missing' });
  });

  it('checks a configured timestamp header against the tolerance, though only the body is signed', () => {
    const options = { timestampHeader: 'X-Time' } as const;
    const headers = signRequest({ scheme: 'hmac', secret, rawBody, now: NOW, ...options });
    expect(headers).toEqual({ 'x-webhook-signature': mac('hex'), 'x-time': String(NOW) });
    const check = (given: Record<string, string>, now = NOW) => {
      const result = verifySignature({ ...base, ...options, headers: given, now });
      return result.ok ? 'ok' : result.code;
    };
    expect(check(headers)).toBe('ok');
    expect(check(headers, NOW + 301)).toBe('timestamp_out_of_tolerance');
    expect(check(headers, NOW - 301)).toBe('timestamp_out_of_tolerance');
    expect(check({ ...headers, 'x-time': `${NOW}abc` })).toBe('signature_invalid');
    expect(check({ 'x-webhook-signature': mac('hex') })).toBe('signature_missing');
    expect(check({ 'x-webhook-signature': 'wrong', 'x-time': '1' })).toBe('signature_invalid');
  });

  it('is the only scheme with these options: other schemes ignore them', () => {
    const options = {
      header: 'x-other',
      prefix: 'p',
      encoding: 'base64',
      timestampHeader: 'x-time',
    } as const;
    const headers = signRequest({ scheme: 'github', secret, rawBody, ...options });
    expect(headers).toEqual({ 'x-hub-signature-256': `sha256=${mac('hex')}` });
    expect(verifySignature({ ...base, ...options, scheme: 'github', headers })).toEqual({ ok: true });
  });
});

describe('schemeDefaults', () => {
  const defaultsOf = (name: SchemeName) => {
    const { eventId, eventType, credentialHeaders } = schemeDefaults(name);
    return { eventId, eventType, credentialHeaders };
  };

  it('names the places of event id, event type and credentials of each scheme', () => {
    const table = Object.fromEntries(
      (['hmac', 'standard', 'svix', 'stripe', 'github'] as const).map((name) => [name, defaultsOf(name)]),
    );
    expect(table).toEqual({
      hmac: {
        eventId: ['body.event_id', 'body.id'],
        eventType: ['body.type', 'body.event_type'],
        credentialHeaders: ['x-webhook-signature'],
      },
      standard: {
        eventId: ['header.webhook-id', 'header.svix-id'],
        eventType: ['body.type'],
        credentialHeaders: ['webhook-signature', 'svix-signature'],
      },
      svix: {
        eventId: ['header.svix-id', 'header.webhook-id'],
        eventType: ['body.type'],
        credentialHeaders: ['svix-signature', 'webhook-signature'],
      },
      stripe: { eventId: ['body.id'], eventType: ['body.type'], credentialHeaders: ['stripe-signature'] },
      github: {
        eventId: ['header.x-github-delivery'],
        eventType: ['header.x-github-event'],
        credentialHeaders: ['x-hub-signature-256'],
      },
    });
  });

  it('names the configured header of hmac, and returns new lists each time', () => {
    expect(schemeDefaults('hmac', { header: 'X-Sig' }).credentialHeaders).toEqual(['x-sig']);
    schemeDefaults('github').eventId.push('body.id');
    expect(schemeDefaults('github').eventId).toEqual(['header.x-github-delivery']);
  });
});

describe('signRequest', () => {
  it("adds GitHub's event headers when they are given", () => {
    const headers = signRequest({ scheme: 'github', secret, rawBody, eventId: 'guid', eventType: 'push' });
    expect(headers).toMatchObject({ 'x-github-delivery': 'guid', 'x-github-event': 'push' });
  });

  it('makes a new id for Standard Webhooks if no id is given', () => {
    const id = () => signRequest({ scheme: 'standard', secret, rawBody })['webhook-id'];
    expect(id()).toMatch(/^msg_[0-9a-f-]{36}$/);
    expect(id()).not.toBe(id());
  });

  it('adds no header for an id or type that the scheme has in the body', () => {
    const headers = signRequest({ scheme: 'stripe', secret, rawBody, eventId: 'evt_1', eventType: 'ping' });
    expect(Object.keys(headers)).toEqual(['stripe-signature']);
  });

  it('refuses an id that no receiver could verify, and a public key', () => {
    const options = { scheme: 'standard', rawBody } as const;
    expect(() => signRequest({ ...options, secret, eventId: 'a.b' })).toThrow(/without a dot/);
    const whpk = `whpk_${Buffer.alloc(32, 1).toString('base64')}`;
    expect(() => signRequest({ ...options, secret: whpk })).toThrow(/public/);
  });
});

describe('checkSecret', () => {
  const good32 = Buffer.alloc(32, 7).toString('base64');

  it('accepts usable secrets', () => {
    for (const { scheme, secret } of SCHEME_CASES)
      expect(checkSecret(scheme, secret), scheme).toBeUndefined();
    for (const name of ['hmac', 'standard', 'svix', 'stripe', 'github', 'delivery'] as const) {
      for (const fine of ['x', 'ключ', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `whsec_${good32}`]) {
        expect(checkSecret(name, fine), `${name} ${fine}`).toBeUndefined();
      }
    }
    expect(checkSecret('stripe', 'whsec_not_base64!')).toBeUndefined();
    expect(checkSecret('standard', `whpk_${good32}`)).toBeUndefined();
  });

  it('gives a one-line reason for an unusable secret, and does not show the secret', () => {
    const bad: [Parameters<typeof checkSecret>[0], string, RegExp][] = [
      ...([...SCHEME_NAMES, 'delivery'] as const).flatMap((name): typeof bad => [
        [name, '', /empty/],
        [name, ' \n', /empty/],
        [name, undefined as unknown as string, /not a string/],
      ]),
      ...(['standard', 'svix', 'delivery'] as const).flatMap((name): typeof bad => [
        ...['', 'a', 'ab', 'ab=', 'abc==', 'ab*d', 'a-_d', 'abcde', 'ab cd', 'abcd\n', '====', 'ab=d'].map(
          (rest): (typeof bad)[number] => [name, `whsec_${rest}`, /'whsec_' is not padded base64/],
        ),
        [name, `whpk_${Buffer.alloc(31).toString('base64')}`, /32 bytes/],
        [name, `whpk_${Buffer.alloc(33).toString('base64')}`, /32 bytes/],
        [name, 'whpk_???', /32 bytes/],
        [name, `whsk_${good32}`, /private/],
      ]),
      ['delivery', `whpk_${good32}`, /cannot sign/],
    ];
    for (const [name, value, reason] of bad) {
      const given = checkSecret(name, value);
      expect(given, `${name} ${value}`).toMatch(reason);
      expect(given).not.toContain('\n');
      if (value?.length > 8) expect(given).not.toContain(value.slice(6));
    }
  });
});

describe('mistakes of the caller', () => {
  const headers = { 'x-webhook-signature': mac('hex') };

  it('that name an unknown scheme are answered with the known schemes', () => {
    for (const scheme of ['Stripe', 'toString', '__proto__', '']) {
      const call = () => verifySignature({ ...base, scheme: scheme as SchemeName, headers });
      expect(call).toThrow(TypeError);
      expect(call).toThrow(/hmac, standard, svix, stripe,/);
      expect(() => schemeDefaults(scheme as SchemeName)).toThrow(TypeError);
      expect(() => checkSecret(scheme as SchemeName, 'x')).toThrow(TypeError);
      expect(() => signRequest({ scheme: scheme as SchemeName, secret, rawBody })).toThrow(TypeError);
    }
  });

  it('that give no secret are refused, for verifying and for signing', () => {
    for (const secrets of [[], undefined, secret] as unknown as string[][]) {
      expect(() => verifySignature({ ...base, secrets, headers })).toThrow(/secrets must list at least one/);
    }
    expect(() => verifySignature({ ...base, secrets: [secret, ''], headers })).toThrow(/empty/);
    const delivery = { workflowId: 'a:b', rawBody };
    expect(() => signDelivery({ ...delivery, secrets: [] })).toThrow(/at least one/);
    expect(() => signDelivery({ ...delivery, secrets: [secret, 'whsec_?'] })).toThrow(/not padded base64/);
  });

  it('that give an unusable secret are reported before the request is checked, without the secret', () => {
    const call = () =>
      verifySignature({ ...base, scheme: 'standard', secrets: ['whsec_h!dden'], headers: {} });
    expect(call).toThrow(/'standard' cannot be used: what follows 'whsec_' is not padded base64/);
    expect(call).not.toThrow(/h!dden/);
  });

  it('that give a parsed or decoded body are answered with how to get raw bytes', () => {
    for (const wrong of [rawBody.toString(), { event_id: '1' }, null, undefined] as unknown as Uint8Array[]) {
      expect(() => verifySignature({ ...base, rawBody: wrong, headers })).toThrow(/express\.raw/);
      expect(() => signRequest({ scheme: 'hmac', secret, rawBody: wrong })).toThrow(/express\.raw/);
      expect(() => signDelivery({ secrets: [secret], workflowId: 'a:b', rawBody: wrong })).toThrow(
        /express\.raw/,
      );
    }
  });

  it('that give a tolerance which would switch the check off are refused', () => {
    for (const toleranceSeconds of [Number.NaN, -1, 'abc' as unknown as number]) {
      expect(() => verifySignature({ ...base, toleranceSeconds, headers })).toThrow(/toleranceSeconds/);
    }
  });
});
