// Tests what receivers of Standard Webhooks often get wrong: lists, ids, base64, two sets of headers, two kinds of key.
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type HeadersInput, signRequest, verifySignature } from '../../src/signatures/index.ts';

const NOW = 1_700_000_000;
const BODY = Buffer.from('{"id":"evt_1"}');
const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

type Options = { secrets?: string[]; rawBody?: Uint8Array; now?: number };

function check(scheme: 'standard' | 'svix', headers: HeadersInput, options: Options = {}): string {
  const result = verifySignature({ scheme, secrets: [KEY], headers, rawBody: BODY, now: NOW, ...options });
  return result.ok ? 'ok' : result.code;
}

function signed(options: { scheme?: 'svix'; secret?: string; rawBody?: Uint8Array } = {}) {
  return signRequest({
    scheme: 'standard',
    secret: KEY,
    rawBody: BODY,
    now: NOW,
    eventId: 'msg_1',
    ...options,
  });
}

function altered(change: (value: string) => string): Record<string, string> {
  const headers = signed();
  return { ...headers, 'webhook-signature': change(headers['webhook-signature'] ?? '') };
}

const standardMac = (text: string) =>
  createHmac('sha256', Buffer.from(KEY.slice(6), 'base64'))
    .update(text)
    .digest('base64');

describe('standard', () => {
  it.each(['1700000000abc', '1.7e9', '+1700000000', '-1', '0x6553f100', '01700000000'])(
    'refuses %j in webhook-timestamp though it is signed',
    (timestamp) => {
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${standardMac(`msg_1.${timestamp}.${BODY}`)}`,
      };
      expect(check('standard', headers)).toBe('signature_invalid');
    },
  );

  it('refuses an id with a dot, which could move the border between id and time in the signed string', () => {
    const mac = standardMac(`msg_1.${NOW}.${NOW}.{}`);
    const base = { 'webhook-timestamp': String(NOW), 'webhook-signature': `v1,${mac}` };
    const honest = check(
      'standard',
      { ...base, 'webhook-id': 'msg_1' },
      { rawBody: Buffer.from(`${NOW}.{}`) },
    );
    const moved = check(
      'standard',
      { ...base, 'webhook-id': `msg_1.${NOW}` },
      { rawBody: Buffer.from('{}') },
    );
    expect([honest, moved]).toEqual(['ok', 'signature_invalid']);
  });

  it('refuses an id that is not visible ASCII, though it is signed', () => {
    for (const id of ['a b', 'a\tb', 'é', 'Ł', 'a\u007f']) {
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(NOW),
        'webhook-signature': `v1,${standardMac(`${id}.${NOW}.${BODY}`)}`,
      };
      expect(check('standard', headers)).toBe('signature_invalid');
    }
  });

  it('checks every v1 signature, and ignores unknown versions', () => {
    const right = signed()['webhook-signature'] ?? '';
    const wrong = signed({ secret: 'other' })['webhook-signature'] ?? '';
    for (const value of [`${right} ${wrong}`, `${wrong} ${right}`, `v2,abc v1 v1a,??? ${wrong} ${right}`]) {
      expect(
        check(
          'standard',
          altered(() => value),
        ),
      ).toBe('ok');
    }
    for (const value of [
      right.replace('v1,', 'v2,'),
      right.replace('v1,', 'v1a,'),
      right.replace('v1,', ''),
    ]) {
      expect(
        check(
          'standard',
          altered(() => value),
        ),
      ).toBe('signature_invalid');
    }
  });

  it('accepts base64 only in its canonical form', () => {
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const changes = [
      (v: string) => v.replace(/=$/, ''),
      (v: string) => `${v}=`,
      (v: string) => `${v},`,
      (v: string) => v.replace(/(.)=$/, (_, last: string) => `${digits[digits.indexOf(last) + 1]}=`),
      (v: string) => `${v.slice(0, 10)}\n${v.slice(10)}`,
      (v: string) => `${v.slice(0, 10)}!${v.slice(10)}`,
    ];
    for (const change of changes) expect(check('standard', altered(change))).toBe('signature_invalid');
  });

  it('refuses the URL-safe alphabet', () => {
    for (let n = 0; n < 50; n++) {
      const rawBody = Buffer.from(String(n));
      const headers = signed({ rawBody });
      const value = (headers['webhook-signature'] ?? '').replaceAll('+', '-').replaceAll('/', '_');
      const expected = value === headers['webhook-signature'] ? 'ok' : 'signature_invalid';
      expect(check('standard', { ...headers, 'webhook-signature': value }, { rawBody })).toBe(expected);
    }
  });

  it('needs all three headers', () => {
    for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
      const headers: Record<string, string> = signed();
      delete headers[name];
      expect(check('standard', headers)).toBe('signature_missing');
    }
  });

  it('refuses a repeated id or time', () => {
    for (const name of ['webhook-id', 'webhook-timestamp']) {
      const headers = signed();
      const value = headers[name] ?? '';
      expect(check('standard', { ...headers, [name]: [value, 'other'] })).toBe('signature_invalid');
      expect(check('standard', { ...headers, [name]: ['other', value] })).toBe('signature_invalid');
    }
  });

  it('does not verify one set of headers if the other set has an event id, which is not signed', () => {
    const svix = signed({ scheme: 'svix' });
    expect(check('standard', svix)).toBe('ok');
    expect(check('standard', { ...svix, 'webhook-id': 'msg_2' })).toBe('signature_missing');
    expect(check('svix', { ...signed(), 'svix-id': 'msg_2' })).toBe('signature_missing');
    expect(check('standard', { ...svix, ...signed() })).toBe('ok');
  });

  it('accepts a key of any length', () => {
    const secret = 'whsec_YQ==';
    expect(check('standard', signed({ secret }), { secrets: [secret] })).toBe('ok');
  });
});

describe('standard with Ed25519', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const whpk = `whpk_${x.toString('base64')}`;
  const signature = sign(null, Buffer.concat([Buffer.from(`msg_1.${NOW}.`), BODY]), privateKey).toString(
    'base64',
  );
  const headers = (value: string) => ({ ...signed(), 'webhook-signature': value });

  it('verifies a v1a signature beside v1 ones, and the other way round', () => {
    const v1 = signed()['webhook-signature'];
    const both = headers(`${v1} v1a,${signature}`);
    expect(check('standard', both, { secrets: [whpk] })).toBe('ok');
    expect(check('standard', both, { secrets: [KEY] })).toBe('ok');
    expect(check('standard', headers(`v1a,${signature}`), { secrets: [KEY, whpk] })).toBe('ok');
    expect(check('standard', headers(`v1a,${signature}`), { secrets: [KEY] })).toBe('signature_invalid');
  });

  it('never uses the public key as an HMAC key', () => {
    for (const key of [x, Buffer.from(whpk)]) {
      const mac = createHmac('sha256', key).update(`msg_1.${NOW}.${BODY}`).digest('base64');
      for (const version of ['v1', 'v1a']) {
        expect(check('standard', headers(`${version},${mac}`), { secrets: [whpk] })).toBe(
          'signature_invalid',
        );
      }
    }
  });

  it('refuses other encodings, lengths and times', () => {
    const hex = Buffer.from(signature, 'base64').toString('hex');
    const values = [
      signature.replace(/=+$/, ''),
      `${signature}=`,
      `${signature}AAAA`,
      signature.slice(4),
      hex,
      '',
    ];
    for (const value of values) {
      expect(check('standard', headers(`v1a,${value}`), { secrets: [whpk] })).toBe('signature_invalid');
    }
    const late = { secrets: [whpk], now: NOW + 301 };
    expect(check('standard', headers(`v1a,${signature}`), late)).toBe('timestamp_out_of_tolerance');
  });

  it('refuses a key of 32 bytes that is no point of the curve, without throwing', () => {
    const secrets = [`whpk_${Buffer.alloc(32, 0xff).toString('base64')}`];
    expect(check('standard', headers(`v1a,${signature}`), { secrets })).toBe('signature_invalid');
  });
});
