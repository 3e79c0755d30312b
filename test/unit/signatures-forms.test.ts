// Tests the schemes that sign the URL, forms, or fields of the body, each with what is its own.
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  findScheme,
  type SchemeName,
  signWebhook,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';
import { NOW, text, URL_OF } from '../support/other-schemes.ts';

const SECRET = '12345';
type More = Partial<VerifyOptions> & {
  headers?: Record<string, string>;
  rawBody?: Uint8Array;
  url?: string;
  method?: string;
  now?: number;
};

function check(scheme: SchemeName, more: More): string {
  const empty = { headers: {}, rawBody: Buffer.from(''), url: URL_OF };
  const result = verifySignature({ scheme, secrets: [SECRET], now: NOW, ...empty, ...more });
  return result.ok ? 'ok' : `${result.code}: ${result.detail}`;
}

const payloadOf = (scheme: SchemeName, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  findScheme(scheme).payload?.({ header: (name) => headers[name], body: Buffer.from(body) });

function mac(hash: string, key: string | Buffer, content: string, encoding: 'hex' | 'base64'): string {
  return createHmac(hash, key).update(content).digest(encoding);
}

describe('twilio', () => {
  const body =
    'CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212';
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
  const signature = '0/KCTR6DLpKmkAf8muzZqo1nDgQ=';
  const twilio = (more: More = {}, header = signature) =>
    check('twilio', { headers: { 'x-twilio-signature': header }, rawBody: Buffer.from(body), url, ...more });
  const sign = (content: string, hash = 'sha1') => mac(hash, SECRET, content, 'base64');

  it('takes the documented example, and refuses any other one', () => {
    expect(twilio()).toBe('ok');
    const { headers } = signWebhook({ scheme: 'twilio', secret: SECRET, url, rawBody: Buffer.from(body) });
    expect(headers['x-twilio-signature']).toBe(signature);
    expect(twilio({ rawBody: Buffer.from(body.replace('1234&', '1235&')) })).toMatch(/^signature_invalid/);
    expect(twilio({ url: `${url}&x` })).toMatch(/^signature_invalid: .*set 'url'/);
    expect(twilio({}, signature.toLowerCase())).toMatch(/^signature_invalid/);
    expect(twilio({}, signature.slice(0, -1))).toMatch(/^signature_invalid/);
  });

  it('needs the URL', () => {
    expect(() => twilio({ url: '' })).toThrow(/signs the URL/);
  });

  it('takes the URL with and without its port', () => {
    const params = new URLSearchParams(body);
    const tail = [...params].map(([name, value]) => name + value).join('');
    const withPort = url.replace('.com/', '.com:443/');
    expect(twilio({}, sign(withPort + tail))).toBe('ok');
    expect(twilio({ url: withPort }, sign(url + tail))).toBe('ok');
    const odd = url.replace('.com/', '.com:8443/');
    expect(twilio({ url: odd }, sign(odd + tail))).toBe('ok');
    expect(twilio({ url: odd }, sign(url + tail))).toBe('ok');
    expect(twilio({}, sign(odd + tail))).toMatch(/^signature_invalid/);
    expect(twilio({ url: 'http://[::1]/p' }, sign(`http://[::1]:80/p${tail}`))).toBe('ok');
  });

  it('reads repeated names, empty values and characters as they were meant', () => {
    const rawBody = Buffer.from('b=2&b=1&b=2&a=&c=%C5%82+x%26');
    expect(twilio({ rawBody }, sign(`${url}ab1b2cł x&`))).toBe('ok');
    for (const broken of ['a=%', 'a=%ff', 'a=%C5', '\xff'])
      expect(twilio({ rawBody: Buffer.from(broken, 'latin1') })).toMatch(/cannot be read/);
  });

  it('takes a body that is no form by its hash in the query', () => {
    const rawBody = text({ a: 1 });
    const signed = signWebhook({ scheme: 'twilio', secret: SECRET, url, rawBody });
    const hash = createHash('sha256').update(rawBody).digest('hex');
    expect(signed.url).toBe(`${url}&bodySHA256=${hash}`);
    expect(check('twilio', signed)).toBe('ok');
    expect(check('twilio', { ...signed, rawBody: text({ a: 2 }) })).toMatch(/'bodySHA256' in the query/);
    expect(check('twilio', { ...signed, url })).toMatch(/^signature_invalid/);
    const twice = `${signed.url}&bodySHA256=${hash}`;
    expect(check('twilio', { ...signed, url: twice })).toMatch(/^signature_invalid/);
  });

  it.each([
    ['key=k,algorithm=HMAC_SHA256', 'sha256', true],
    ['key=k, algorithm = HMAC_SHA256', 'sha256', true],
    ['key=k,algorithm=HMAC_SHA256', 'sha1', false],
    ['key=k,algorithm=HMAC_SHA1', 'sha1', true],
    ['key=k,algorithm=HMAC_SHA512', 'sha512', false],
    ['key=k,algorithm=HMAC_SHA512', 'sha1', false],
    ['key=k,algorithm=', 'sha1', false],
    ['key=k', 'sha1', false],
    ['key=k,algorithm=HMAC_SHA1,algorithm=HMAC_SHA256', 'sha256', false],
    ['algorithm=__proto__', 'sha1', false],
    ['', 'sha1', true],
    ['', 'sha256', false],
  ])('follows the settings %j when signed with %s', (settings, hash, isTaken) => {
    const tail = [...new URLSearchParams(body)].map(([name, value]) => name + value).join('');
    const headers = {
      'x-twilio-signature': sign(url + tail, hash),
      'x-twilio-webhooks-signature-settings': settings,
    };
    expect(twilio({ headers }) === 'ok').toBe(isTaken);
  });

  it('takes a GET, which has no body', () => {
    expect(twilio({ rawBody: Buffer.from(''), method: 'GET' }, sign(url))).toBe('ok');
  });
});

describe('hubspot', () => {
  const rawBody = text([{ eventId: 1 }]);
  const raw = 'https://hooks.example.com/h?a=%40b%2Fc%21&d=%20e%C5%82';
  const decoded = 'https://hooks.example.com/h?a=@b/c!&d=%20e%C5%82';
  const headers = (url: string, method = 'POST') => ({
    'x-hubspot-signature-v3': mac('sha256', SECRET, `${method}${url}${rawBody}${NOW * 1000}`, 'base64'),
    'x-hubspot-request-timestamp': String(NOW * 1000),
  });

  it('takes the URL as it is, and as its documentation decodes it', () => {
    expect(check('hubspot', { headers: headers(raw), rawBody, url: raw })).toBe('ok');
    expect(check('hubspot', { headers: headers(decoded), rawBody, url: raw })).toBe('ok');
    expect(check('hubspot', { headers: headers(decodeURIComponent(raw)), rawBody, url: raw })).toMatch(
      /invalid/,
    );
  });

  it('refuses another method, another URL, and a time in seconds', () => {
    expect(check('hubspot', { headers: headers(raw), rawBody, url: raw, method: 'PUT' })).toMatch(/invalid/);
    expect(check('hubspot', { headers: headers(raw), rawBody, url: `${raw}x` })).toMatch(/invalid/);
    const seconds = { ...headers(raw), 'x-hubspot-request-timestamp': String(NOW) };
    expect(check('hubspot', { headers: seconds, rawBody, url: raw })).toMatch(/invalid/);
  });
});

describe('contentful', () => {
  const rawBody = text({ sys: {} });
  const list = 'x-contentful-signed-headers';
  const request = (
    more: Record<string, string> = {},
    names = [list, 'x-contentful-timestamp'],
    path = '/p',
  ) => {
    const headers: Record<string, string> = {
      'x-contentful-timestamp': `${NOW * 1000}`,
      [list]: names.join(','),
      ...more,
    };
    const lines = [...names].sort().map((name) => `${name}:${headers[name.toLowerCase()]}`);
    const content = `POST\n${path}\n${lines.join(';')}\n${rawBody}`;
    return { ...headers, 'x-contentful-signature': mac('sha256', SECRET, content, 'hex') };
  };
  const url = 'https://hooks.example.com/p';

  it('takes what is signed with the headers that it lists', () => {
    expect(check('contentful', { headers: request(), rawBody, url })).toBe('ok');
    const topic = { 'x-contentful-topic': 'publish' };
    const headers = request(topic, [list, 'x-contentful-timestamp', 'x-contentful-topic']);
    expect(check('contentful', { headers, rawBody, url })).toBe('ok');
    const other = { ...headers, 'x-contentful-topic': 'unpublish' };
    expect(check('contentful', { headers: other, rawBody, url })).toMatch(/^signature_invalid/);
  });

  it('refuses a list without the time, and one that is not signed itself', () => {
    for (const names of [[list], ['x-contentful-timestamp'], ['x-other']])
      expect(check('contentful', { headers: request({}, names), rawBody, url })).toMatch(/has no/);
    expect(check('contentful', { headers: { ...request(), [list]: '' }, rawBody, url })).toMatch(
      /^signature_missing/,
    );
    const long = Array.from({ length: 200 }, (_, i) => `x-${i}`);
    expect(check('contentful', { headers: request({}, [...long]), rawBody, url })).toMatch(
      /^signature_invalid/,
    );
  });

  it('writes the query as its library does', () => {
    const headers = request({}, undefined, '/p?a%253Db');
    expect(check('contentful', { headers, rawBody, url: `${url}?a=b` })).toBe('ok');
    expect(check('contentful', { headers, rawBody, url })).toMatch(/^signature_invalid/);
  });
});

describe('plivo', () => {
  const rawBody = Buffer.from('To=1&From=2&Text=a+b');
  const signature = (content: string) => mac('sha256', SECRET, content, 'base64');
  const headers = (content: string) => ({
    'x-plivo-signature-v3': signature(`${content}.n1`),
    'x-plivo-signature-v3-nonce': 'n1',
  });

  it('takes fields and query in their order', () => {
    const plain = headers('https://a.example/p?From2Texta bTo1');
    expect(check('plivo', { headers: plain, rawBody, url: 'https://a.example/p' })).toBe('ok');
    const withQuery = headers('https://a.example/p?a=1&b=2.From2Texta bTo1');
    expect(check('plivo', { headers: withQuery, rawBody, url: 'https://a.example/p?b=2&a=1' })).toBe('ok');
    expect(check('plivo', { headers: withQuery, rawBody, url: 'https://a.example/p?b=2&a=2' })).toMatch(
      /invalid/,
    );
    const get = headers('https://a.example/p?a=1&b=2');
    expect(check('plivo', { headers: get, url: 'https://a.example/p?b=2&a=1', method: 'GET' })).toBe('ok');
  });

  it('takes any of several signatures, and that of the main account; but needs the nonce', () => {
    const url = 'https://a.example/p';
    const right = headers('https://a.example/p?From2Texta bTo1');
    const several = { ...right, 'x-plivo-signature-v3': `bad,${right['x-plivo-signature-v3']}` };
    expect(check('plivo', { headers: several, rawBody, url })).toBe('ok');
    const main = {
      'x-plivo-signature-ma-v3': right['x-plivo-signature-v3'],
      'x-plivo-signature-v3-nonce': 'n1',
    };
    expect(check('plivo', { headers: main, rawBody, url })).toBe('ok');
    const noNonce = { ...right, 'x-plivo-signature-v3-nonce': '' };
    expect(check('plivo', { headers: noNonce, rawBody, url })).toMatch(/^signature_missing/);
    const many = { ...right, 'x-plivo-signature-v3': `${'bad,'.repeat(17)}${right['x-plivo-signature-v3']}` };
    expect(check('plivo', { headers: many, rawBody, url })).toMatch(/more than 16/);
  });
});

describe('braintree', () => {
  const secret = 'public:private';
  const sign = (payload: string) =>
    mac('sha1', createHash('sha1').update('private').digest(), payload, 'hex');
  const form = (payload: string, signature: string) =>
    Buffer.from(new URLSearchParams({ bt_signature: signature, bt_payload: payload }).toString());
  const payload = `${Buffer.from('<notification><kind>check</kind><subject/></notification>').toString('base64')}\n`;
  const verify = (rawBody: Buffer) => check('braintree', { secrets: [secret], rawBody });

  it('takes the pair of its own public key, among others', () => {
    expect(verify(form(payload, `public|${sign(payload)}`))).toBe('ok');
    expect(verify(form(payload, `other|00&public|${sign(payload)}`))).toBe('ok');
    expect(verify(form(payload, `other|${sign(payload)}`))).toMatch(/fits no secret/);
    expect(verify(form(payload.trimEnd(), `public|${sign(payload)}`))).toBe('ok');
    expect(verify(form(payload, `${'a|b&'.repeat(16)}public|${sign(payload)}`))).toMatch(/more than 16/);
    expect(verify(Buffer.from('bt_payload=a'))).toMatch(/^signature_missing/);
  });

  it('reads the kind of the notification', () => {
    expect(payloadOf('braintree', form(payload, 'x'))).toMatchObject({ kind: 'check', bt_payload: payload });
    expect(payloadOf('braintree', 'bt_payload=!')).toBeUndefined();
  });

  it('answers the challenge of a GET, and takes that answer for no event', () => {
    const handshake = findScheme('braintree').handshake?.answer;
    const ask = (query: string) =>
      handshake?.({
        method: 'GET',
        query: new URLSearchParams(query),
        header: () => undefined,
        body: Buffer.from(''),
        json: undefined,
        secrets: [secret],
        options: {},
        url: '',
      });
    const challenge = '0123456789abcdef0123';
    const answer = ask(`bt_challenge=${challenge}`);
    expect(answer).toMatchObject({ status: 200, body: `public|${sign(challenge)}` });
    expect(verify(form(challenge, answer?.body ?? ''))).toMatch(/no base64 of XML/);
    for (const other of ['', 'bt_challenge=', 'bt_challenge=abc', `bt_challenge=${challenge}PD94`])
      expect(ask(other)).toBeUndefined();
  });
});

describe('mailgun', () => {
  const token = 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0';
  const sign = (time: string, key = SECRET) => ({
    timestamp: time,
    token,
    signature: mac('sha256', key, time + token, 'hex'),
  });
  const verify = (signature: unknown, more: More = {}) =>
    check('mailgun', { rawBody: text({ signature, 'event-data': { id: '1' } }), ...more });

  it('takes its own signature, or that of the account above it', () => {
    expect(verify(sign(String(NOW)))).toBe('ok');
    const both = { ...sign(String(NOW), 'other'), 'parent-signature': sign(String(NOW)) };
    expect(verify(both)).toBe('ok');
    expect(verify(sign(String(NOW), 'other'))).toMatch(/^signature_invalid/);
    for (const nonsense of [undefined, null, 5, []]) expect(verify(nonsense)).toMatch(/^signature_missing/);
  });

  it('moves no border between time and token', () => {
    const { timestamp, signature } = sign(String(NOW));
    const moved = { timestamp: timestamp + token[0], token: token.slice(1), signature };
    expect(verify(moved)).toMatch(/^signature_invalid/);
    expect(verify({ timestamp: timestamp.slice(0, -1), token: `0${token}`, signature })).toMatch(
      /^signature_invalid/,
    );
  });

  it('checks the time where a tolerance is configured', () => {
    expect(verify(sign(String(NOW)), { now: NOW + 4_000 })).toBe('ok');
    expect(verify(sign(String(NOW)), { now: NOW + 4_000, toleranceSeconds: 300 })).toMatch(/^timestamp/);
  });
});

describe('dropbox-sign', () => {
  const event = {
    event_time: String(NOW),
    event_type: 'test',
    event_hash: mac('sha256', SECRET, `${NOW}test`, 'hex'),
  };
  const multipart = (json: unknown, boundary = 'xYzZY') =>
    Buffer.from(
      [
        'preamble',
        `--${boundary}`,
        'Content-Disposition: form-data; name="file"; filename="json"',
        '',
        'not this',
        `--${boundary}`,
        'Content-Disposition: form-data; name="json"',
        'Content-Type: text/plain',
        '',
        JSON.stringify(json),
        `--${boundary}--`,
        '',
      ].join('\r\n'),
    );
  const headers = { 'content-type': 'multipart/form-data; boundary=xYzZY' };

  it('takes a form in parts, a plain form, and JSON', () => {
    const rawBody = multipart({ event });
    expect(check('dropbox-sign', { rawBody, headers })).toBe('ok');
    expect(
      check('dropbox-sign', {
        rawBody,
        headers: { 'content-type': 'multipart/form-data; boundary="xYzZY"' },
      }),
    ).toBe('ok');
    expect(payloadOf('dropbox-sign', rawBody, headers)).toEqual({ event });
    const form = new URLSearchParams({ json: JSON.stringify({ event }) }).toString();
    expect(check('dropbox-sign', { rawBody: Buffer.from(form) })).toBe('ok');
    expect(check('dropbox-sign', { rawBody: text({ event }) })).toBe('ok');
  });

  it.each([
    ['another type', { ...event, event_type: 'other' }],
    ['another time', { ...event, event_time: String(NOW + 1) }],
    ['a moved border', { ...event, event_time: `${NOW}t`, event_type: 'est' }],
    ['an empty hash', { ...event, event_hash: '' }],
    ['a list for a type', { ...event, event_type: ['test'] }],
    ['things for texts', { event_time: {}, event_type: {}, event_hash: {} }],
  ])('refuses %s', (_what, changed) => {
    expect(check('dropbox-sign', { rawBody: multipart({ event: changed }), headers })).not.toBe('ok');
  });

  it('refuses parts that cannot be told apart', () => {
    const whole = multipart({ event }).toString();
    for (const broken of [
      whole.replace('--xYzZY--', ''),
      whole.replaceAll('\r\n', '\n'),
      whole.replaceAll('name="json"', ''),
    ])
      expect(check('dropbox-sign', { rawBody: Buffer.from(broken), headers })).toMatch(/^signature_invalid/);
    const twice = `json=${encodeURIComponent(JSON.stringify({ event }))}&json=${encodeURIComponent('{}')}`;
    expect(check('dropbox-sign', { rawBody: Buffer.from(twice) })).toMatch(/^signature_invalid/);
    expect(check('dropbox-sign', { rawBody: multipart({ event }) })).toMatch(/^signature_invalid/);
  });
});

describe('adyen', () => {
  const hex = '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056';
  const key = Buffer.from(hex, 'hex');
  const fields = {
    pspReference: 'p',
    merchantAccountCode: 'm',
    merchantReference: 'r',
    amount: { value: 5, currency: 'EUR' },
  };
  const item = (more: object = {}, content = 'p::m:r:5:EUR:AUTHORISATION:true') => ({
    NotificationRequestItem: {
      ...fields,
      eventCode: 'AUTHORISATION',
      success: 'true',
      additionalData: { hmacSignature: mac('sha256', key, content, 'base64') },
      ...more,
    },
  });
  const verify = (notificationItems: unknown, more: More = {}) =>
    check('adyen', { secrets: [hex], rawBody: text({ notificationItems }), ...more });

  it('takes items that are all signed, and none that are not', () => {
    expect(verify([item()])).toBe('ok');
    expect(verify([item(), item()])).toBe('ok');
    expect(verify([item(), item({ success: 'false' })])).toMatch(/^signature_invalid/);
    expect(verify([item(), item({ additionalData: {} })])).toMatch(/^signature_missing/);
    expect(verify([item(), {}])).toMatch(/^signature_missing/);
    for (const nonsense of [[], {}, null, 'x', [null]])
      expect(verify(nonsense)).toMatch(/^signature_missing/);
  });

  it('takes a webhook of the platform by its header, and that alone', () => {
    const rawBody = text({ type: 'balancePlatform.transfer.created', notificationItems: [] });
    const signature = mac('sha256', key, rawBody.toString(), 'base64');
    const given = { secrets: [hex], rawBody };
    expect(check('adyen', { ...given, headers: { hmacsignature: signature } })).toBe('ok');
    expect(check('adyen', { ...given, headers: { hmacsignature: 'AAAA' } })).toMatch(/^signature_invalid/);
    expect(verify([item()], { headers: { hmacsignature: signature } })).toMatch(/^signature_invalid/);
  });
});

describe('the bodies that are read before anything is proved', () => {
  const form = (fields: number) => Array.from({ length: fields }, (_, i) => `f${i}=1`).join('&');
  const twilio = (body: string) =>
    signWebhook({ scheme: 'twilio', secret: SECRET, url: URL_OF, rawBody: Buffer.from(body) });
  const mailgun = (data: unknown) =>
    signWebhook({ scheme: 'mailgun', secret: SECRET, rawBody: text({ data }) });

  it('have at most 1,000 fields', () => {
    expect(check('twilio', twilio(form(1_000)))).toBe('ok');
    expect(check('twilio', { ...twilio(''), rawBody: Buffer.from(form(1_001)) })).toMatch(/cannot be read/);
  });

  it('have at most a mebibyte', () => {
    expect(check('mailgun', mailgun('a'.repeat(1_000_000)))).toBe('ok');
    const { headers } = mailgun('');
    const rawBody = text({ data: 'a'.repeat(1_048_576) });
    expect(check('mailgun', { headers, rawBody })).toMatch(/cannot be read: .* at most 1048576 bytes/);
  });

  it('are nested at most 200 levels deep, whatever stands in their texts', () => {
    const nested = (depth: number) => JSON.parse(`${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`);
    const filler = '[{"\\'.repeat(5_000);
    expect(check('mailgun', mailgun([filler, nested(196)]))).toBe('ok');
    const signed = mailgun(filler);
    const deep = Buffer.from(`[${'['.repeat(20_000)}`);
    expect(check('mailgun', { ...signed, rawBody: deep })).toMatch(/cannot be read/);
    const { signature } = JSON.parse(Buffer.from(signed.rawBody).toString());
    expect(check('mailgun', { rawBody: text({ signature, data: [filler, nested(202)] }) })).toMatch(
      /cannot be read/,
    );
  });
});
