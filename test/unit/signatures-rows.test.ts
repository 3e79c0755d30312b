// Tests what single rows of the scheme table say beyond the others: older and newer ways, several headers, times in bodies.
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type HeadersInput,
  type SchemeName,
  schemeDefaults,
  signRequest,
  unsignedPlaces,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';

const NOW = 1_700_000_000;
const BODY = Buffer.from('{"id":"evt_1"}');
const SECRET = 'the secret of the source';

type Options = Partial<VerifyOptions> & { rawBody?: Uint8Array; now?: number; url?: string };

function check(scheme: SchemeName, headers: HeadersInput, options: Options = {}): string {
  const given = { scheme, secrets: [SECRET], headers, rawBody: BODY, now: NOW, ...options };
  const result = verifySignature(given);
  return result.ok ? 'ok' : result.code;
}

const mac = (parts: (string | Uint8Array)[], encoding: 'hex' | 'base64' = 'hex', secret = SECRET) => {
  const hmac = createHmac('sha256', secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest(encoding);
};

describe('headers of which one is enough', () => {
  it.each([
    ['shopify', 'shopify-hmac-sha256', 'base64'],
    ['hookdeck', 'x-hookdeck-signature-2', 'base64'],
    ['docusign', 'x-docusign-signature-7', 'base64'],
    ['docusign', 'x-docusign-signature-100', 'base64'],
    ['forgejo', 'x-gitea-signature', 'hex'],
  ] as const)('%s: %s', (scheme, header, encoding) => {
    const right = mac([BODY], encoding);
    const [first = ''] = Object.keys(signRequest({ scheme, secret: SECRET, rawBody: BODY }));
    expect(check(scheme, { [header]: right })).toBe('ok');
    expect(check(scheme, { [first]: 'wrong', [header]: right })).toBe('ok');
    expect(check(scheme, { [first]: 'wrong', [header]: 'wrong' })).toBe('signature_invalid');
  });

  it("forgejo and gitea take GitHub's header where they send no other", () => {
    for (const scheme of ['gitea', 'forgejo'] as const) {
      const headers = { 'x-hub-signature-256': `sha256=${mac([BODY])}` };
      expect(check(scheme, headers)).toBe('ok');
      expect(check(scheme, { ...headers, 'x-gitea-signature': 'wrong' })).toBe('signature_invalid');
    }
  });

  it('box signs with two keys, of which either may be known here', () => {
    const time = '2023-11-14T15:13:20-07:00';
    const headers = {
      'box-delivery-timestamp': time,
      'box-signature-primary': mac([BODY, time], 'base64', 'the first key'),
      'box-signature-secondary': mac([BODY, time], 'base64', 'the second key'),
    };
    for (const secret of ['the first key', 'the second key'])
      expect(check('box', headers, { secrets: [secret] })).toBe('ok');
    const { 'box-signature-primary': _, ...second } = headers;
    expect(check('box', second, { secrets: ['the second key'] })).toBe('ok');
    expect(check('box', headers)).toBe('signature_invalid');
  });
});

describe('linear', () => {
  const signed = (rawBody: Buffer, more = {}) =>
    check('linear', { 'linear-signature': mac([rawBody]), ...more }, { rawBody });
  const at = (time: unknown) => Buffer.from(`{"data":{"title":"a"},"webhookTimestamp":${time}}`);

  it('reads the time in the body, and not the header, which nobody signs', () => {
    expect(signed(at(NOW * 1000))).toBe('ok');
    expect(signed(at((NOW - 61) * 1000), { 'linear-timestamp': String(NOW * 1000) })).toBe(
      'timestamp_out_of_tolerance',
    );
    expect(signed(Buffer.from('{}'), { 'linear-timestamp': String(NOW * 1000) })).toBe('signature_invalid');
  });

  it.each(['"1700000000000"', 'null', '{}', 'true', '-1700000000000', ''])(
    'takes no %s for a time',
    (time) => {
      expect(signed(at(time))).toBe('signature_invalid');
    },
  );

  it('finds the time of the body where texts or other objects have the same key', () => {
    const key = '"webhookTimestamp"';
    const quoted = JSON.stringify(`${key}:1`);
    for (const [before, after] of [
      [`{"title":${quoted},`, '}'],
      [`{"data":{${key}:1},`, '}'],
      ['{', `,"data":{${key}:1,"list":[{${key}:2}]}}`],
    ] as const) {
      const body = (time: number) => Buffer.from(`${before}${key} : ${time}${after}`);
      expect(signed(body(NOW * 1000)), before).toBe('ok');
      expect(signed(body(1)), before).toBe('timestamp_out_of_tolerance');
    }
  });

  it('finds no time in a view on a larger buffer that is not in the view', () => {
    const whole = Buffer.concat([at(NOW * 1000), Buffer.from('{}'), at(NOW * 1000)]);
    const rawBody = whole.subarray(at(NOW * 1000).length, at(NOW * 1000).length + 2);
    expect(signed(rawBody)).toBe('signature_invalid');
  });
});

describe('coinbase-cdp', () => {
  const EVENT = { 'x-event-id': 'e7d1', 'x-event-type': 'onchain.activity.detected' };
  const NAMES = 'content-type x-event-id x-event-type';
  const HEADERS = { ...EVENT, 'content-type': 'application/json' };

  function signed(names = NAMES, headers: Record<string, string> = HEADERS, body: Uint8Array = BODY) {
    const values = names.split(' ').map((name) => headers[name] ?? '');
    const v1 = mac([`${NOW}.${names}.${values.join('.')}.`, body]);
    const v0 = mac([`${NOW}.`, body]);
    return { ...headers, 'x-hook0-signature': `t=${NOW},v0=${v0},h=${names},v1=${v1}` };
  }

  it('takes what is signed over body and named headers', () => {
    expect(check('coinbase-cdp', signed())).toBe('ok');
    expect(check('coinbase-cdp', signed('x-event-id'))).toBe('ok');
    for (const name of Object.keys(HEADERS))
      expect(check('coinbase-cdp', { ...signed(), [name]: 'other' }), name).toBe('signature_invalid');
  });

  it('wants the id among the signed headers, and does not take v0, which has no headers', () => {
    expect(check('coinbase-cdp', signed('content-type'))).toBe('signature_invalid');
    const only = signed()['x-hook0-signature'].replace(/,h=.*/, '');
    expect(check('coinbase-cdp', { ...HEADERS, 'x-hook0-signature': only })).toBe('signature_invalid');
    expect(unsignedPlaces('coinbase-cdp', schemeDefaults('coinbase-cdp').eventId)).toEqual([]);
  });

  it('refuses a request whose borders between headers and body have been moved', () => {
    const body = Buffer.from('{"a":1.5}');
    const headers = signed(NAMES, HEADERS, body);
    expect(check('coinbase-cdp', headers, { rawBody: body })).toBe('ok');
    const moved = (changed: object, rest: string) =>
      check('coinbase-cdp', { ...headers, ...changed }, { rawBody: Buffer.from(rest) });
    expect(moved({ 'x-event-type': `${EVENT['x-event-type']}.{"a":1` }, '5}')).toBe('signature_invalid');
    expect(moved({ 'x-event-type': 'onchain.activity' }, 'detected.{"a":1.5}')).toBe('signature_invalid');
    expect(moved({ 'x-event-id': 'e7d1.onchain', 'x-event-type': 'activity.detected' }, '{"a":1.5}')).toBe(
      'signature_invalid',
    );
    const shifted = {
      'content-type': 'application/json.e7d1',
      'x-event-id': 'onchain',
      'x-event-type': 'activity.detected',
    };
    expect(moved(shifted, '{"a":1.5}')).toBe('signature_invalid');
  });

  it('refuses names that are none, and too many of them', () => {
    for (const names of ['', 'x-event-id ', 'x-event-id  a', 'X-Event-Id', `x-event-id ${'a '.repeat(20)}a`])
      expect(check('coinbase-cdp', signed(names)), names).toBe('signature_invalid');
  });
});

describe('cloudinary', () => {
  it.each(['sha1', 'sha256'] as const)('takes the %s of body, time and secret', (algorithm) => {
    const signature = (secret: string) =>
      createHash(algorithm).update(BODY).update(`${NOW}${secret}`).digest('hex');
    const headers = { 'x-cld-timestamp': String(NOW), 'x-cld-signature': signature(SECRET) };
    expect(check('cloudinary', headers)).toBe('ok');
    expect(check('cloudinary', { ...headers, 'x-cld-signature': signature('another') })).toBe(
      'signature_invalid',
    );
    expect(check('cloudinary', headers, { now: NOW + 7_201 })).toBe('timestamp_out_of_tolerance');
  });
});

describe('persona', () => {
  const list = (time: number, secret: string) => `t=${time},v1=${mac([`${time}.`, BODY], 'hex', secret)}`;

  it('takes either of two lists, each with its own time', () => {
    const value = `${list(NOW, 'the old one')} ${list(NOW - 5, SECRET)}`;
    expect(check('persona', { 'persona-signature': value })).toBe('ok');
    expect(check('persona', { 'persona-signature': value }, { secrets: ['the old one'] })).toBe('ok');
    const mixed = value.replace(`t=${NOW - 5}`, `t=${NOW}`);
    expect(check('persona', { 'persona-signature': mixed })).toBe('signature_invalid');
  });

  it('says that a list is too old rather than that another is wrong', () => {
    const value = `${list(NOW, 'the old one')} ${list(NOW - 500, SECRET)}`;
    expect(check('persona', { 'persona-signature': value })).toBe('timestamp_out_of_tolerance');
  });
});

describe('polar', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

  it('takes both forms of a secret, and of a text only the one', () => {
    const request = { secret, rawBody: BODY, now: NOW, eventId: 'msg_1' };
    for (const scheme of ['polar', 'standard'] as const)
      expect(check('polar', signRequest({ scheme, ...request }), { secrets: [secret] })).toBe('ok');
    expect(check('standard', signRequest({ scheme: 'polar', ...request }), { secrets: [secret] })).toBe(
      'signature_invalid',
    );
  });
});

describe('ids that are not signed', () => {
  it('are told of every scheme whose id is in a header of its own', () => {
    const told = (scheme: SchemeName) => unsignedPlaces(scheme, schemeDefaults(scheme).eventId);
    for (const scheme of ['stripe', 'slack', 'twitch', 'openai', 'clerk', 'airtable', 'meta'] as const)
      expect(told(scheme), scheme).toEqual([]);
    expect(told('razorpay')).toEqual(['header.x-razorpay-event-id']);
    expect(told('linear')).toEqual(['header.linear-delivery']);
  });
});
