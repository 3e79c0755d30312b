// Tests the schemes that sign the URL or fields of the body against the providers' own SDKs.
import AdyenValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js';
import { signRequest as contentfulSign, verifyRequest } from '@contentful/node-apps-toolkit';
import hubspot from '@hubspot/api-client';
import braintree from 'braintree';
import plivo from 'plivo';
import twilio from 'twilio';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findScheme, signWebhook, verifySignature } from '../../src/signatures/index.ts';
import { bytes, NOW } from './support.ts';

const SECRET = 'the secret of this source';
const URLS = [
  'https://hooks.example.com/webhooks/source',
  'https://hooks.example.com/webhooks/source?b=2&a=1',
  'https://hooks.example.com:8443/p/?x=%C5%82+y&empty=',
];
const FORMS = [
  'MessageSid=SM1&Body=hi+there+%C5%82%F0%9F%9A%B2&From=%2B1&Empty=&Q=%26%3D',
  'a=1',
  'z=1&Z=2&_=3&a=4&A=5',
];

interface Request {
  headers: Record<string, string>;
  rawBody: Uint8Array;
  url: string;
  secret?: string;
  now?: number;
  method?: string;
}

// The clocks of most SDKs cannot be given.
beforeEach(() => vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

type Name = Parameters<typeof findScheme>[0];
const ours = (
  scheme: Name,
  { headers, rawBody, url, secret = SECRET, now = NOW, method = 'POST' }: Request,
) => verifySignature({ scheme, secrets: [secret], headers, rawBody, url, now, method }).ok;
const sign = (scheme: Name, body: string, url = '', secret = SECRET) =>
  signWebhook({ scheme, secret, rawBody: bytes(body), url, now: NOW });
const quietly = (call: () => unknown): boolean => {
  try {
    return call() !== false;
  } catch {
    return false;
  }
};
const params = (form: Uint8Array) => Object.fromEntries(new URLSearchParams(Buffer.from(form).toString()));

describe('twilio', () => {
  const theirs = ({ headers, rawBody, url, secret = SECRET }: Request) => {
    const signature = headers['x-twilio-signature'] ?? '';
    const algorithm = twilio.getSignatureAlgorithm(headers['x-twilio-webhooks-signature-settings']);
    if (url.includes('bodySHA256'))
      return twilio.validateRequestWithBody(
        secret,
        signature,
        url,
        Buffer.from(rawBody).toString(),
        algorithm,
      );
    return twilio.validateRequest(secret, signature, url, params(rawBody), algorithm);
  };
  const both = (request: Request) => [ours('twilio', request), theirs(request)];

  it.each(URLS)('agrees on what Surehook signs: %s', (url) => {
    for (const body of [...FORMS, '{"a":1}', '[]']) {
      const request = sign('twilio', body, url);
      expect(both(request), body).toEqual([true, true]);
      expect(both({ ...request, secret: 'other' }), body).toEqual([false, false]);
      expect(both({ ...request, rawBody: bytes(`${body}x`) }), body).toEqual([false, false]);
      expect(both({ ...request, url: request.url.replace('example', 'other') }), body).toEqual([
        false,
        false,
      ]);
      const cut = { 'x-twilio-signature': (request.headers['x-twilio-signature'] ?? '').slice(1) };
      expect(both({ ...request, headers: cut }), body).toEqual([false, false]);
    }
  });

  it.each(URLS)(
    'agrees on what twilio signs, with either algorithm, and with and without the port: %s',
    (url) => {
      const withPort = url.replace(/\.com(?!:)/, '.com:443');
      for (const body of FORMS) {
        for (const algorithm of ['HMAC_SHA1', 'HMAC_SHA256']) {
          for (const signed of [url, withPort]) {
            const headers = {
              'x-twilio-signature': twilio.getExpectedTwilioSignature(
                SECRET,
                signed,
                params(bytes(body)),
                algorithm,
              ),
              'x-twilio-webhooks-signature-settings': `key=k,algorithm=${algorithm}`,
            };
            for (const called of [url, withPort])
              expect(both({ headers, rawBody: bytes(body), url: called }), `${signed} ${called}`).toEqual([
                true,
                true,
              ]);
          }
        }
      }
    },
  );

  it('is stricter: settings without an algorithm, or with a lower-case one, are refused', () => {
    const url = URLS[0] ?? '';
    const request = sign('twilio', 'a=1', url);
    for (const settings of ['key=k', 'key=k,algorithm=hmac_sha1']) {
      const headers = { ...request.headers, 'x-twilio-webhooks-signature-settings': settings };
      expect(both({ ...request, headers }), settings).toEqual([false, true]);
    }
  });

  it('is stricter: a byte that is no UTF-8 is not the same as U+FFFD', () => {
    const url = URLS[0] ?? '';
    const request = sign('twilio', 'a=%EF%BF%BD', url);
    expect(both(request)).toEqual([true, true]);
    expect(both({ ...request, rawBody: bytes('a=%FF') })).toEqual([false, true]);
  });
});

describe('hubspot', () => {
  const theirs = ({ headers, rawBody, url, secret = SECRET, method = 'POST' }: Request) =>
    quietly(() =>
      hubspot.Signature.isValid({
        signatureVersion: 'v3',
        signature: headers['x-hubspot-signature-v3'] ?? '',
        method,
        clientSecret: secret,
        requestBody: Buffer.from(rawBody).toString(),
        url,
        timestamp: Number(headers['x-hubspot-request-timestamp']),
      }),
    );
  const both = (request: Request) => [ours('hubspot', request), theirs(request)];

  it.each(URLS)('agrees on right and wrong requests: %s', (url) => {
    for (const body of ['[{"eventId":1}]', '{"name":"Łódź 🚲"}']) {
      const request = sign('hubspot', body, url);
      expect(both(request)).toEqual([true, true]);
      expect(both({ ...request, secret: 'other' })).toEqual([false, false]);
      expect(both({ ...request, rawBody: bytes(`${body} `) })).toEqual([false, false]);
      expect(both({ ...request, url: `${url}x` })).toEqual([false, false]);
      expect(both({ ...request, method: 'PUT' })).toEqual([false, false]);
      const headers = { ...request.headers, 'x-hubspot-request-timestamp': `${NOW * 1000 + 1}` };
      expect(both({ ...request, headers })).toEqual([false, false]);
      vi.setSystemTime((NOW + 301) * 1000);
      expect(both({ ...request, now: NOW + 301 })).toEqual([false, false]);
      vi.setSystemTime(NOW * 1000);
    }
  });

  it('is stricter: a time ahead of the clock would keep a request valid for longer', () => {
    const request = sign('hubspot', '[]', URLS[0]);
    vi.setSystemTime((NOW - 301) * 1000);
    expect(both({ ...request, now: NOW - 301 })).toEqual([false, true]);
  });
});

describe('contentful', () => {
  const secret = 'a'.repeat(64);
  const pathOf = (url: string) => url.replace(/^https:\/\/[^/]+/, '');
  const theirs = ({ headers, rawBody, url, secret: given = secret, method = 'POST' }: Request) =>
    quietly(() =>
      verifyRequest(given, {
        method: method as 'POST',
        path: pathOf(url),
        headers,
        body: Buffer.from(rawBody).toString(),
      }),
    );
  const both = (request: Request) => [ours('contentful', { secret, ...request }), theirs(request)];

  it.each(URLS)('agrees on what Surehook signs: %s', (url) => {
    const request = sign('contentful', '{"sys":{"name":"Łódź"}}', url, secret);
    expect(both(request)).toEqual([true, true]);
    expect(both({ ...request, secret: 'b'.repeat(64) })).toEqual([false, false]);
    expect(both({ ...request, rawBody: bytes('{}') })).toEqual([false, false]);
    expect(both({ ...request, url: url.replace('source', 'other').replace('/p/', '/q/') })).toEqual([
      false,
      false,
    ]);
    vi.setSystemTime((NOW + 31) * 1000);
    expect(both({ ...request, now: NOW + 31 })).toEqual([false, false]);
  });

  it.each(URLS)('agrees on what the toolkit signs: %s', (url) => {
    const rawBody = bytes('{"a":"é"}');
    const topic = { 'X-Contentful-Topic': ' ContentManagement.Entry.publish ' };
    const canonical = {
      method: 'POST' as const,
      path: pathOf(url),
      headers: topic,
      body: rawBody.toString(),
    };
    const signed = contentfulSign(secret, canonical, NOW * 1000, { spaceId: 's' } as never);
    const headers = {
      ...(signed as unknown as Record<string, string>),
      'x-contentful-topic': topic['X-Contentful-Topic'],
    };
    expect(both({ headers, rawBody, url })).toEqual([true, true]);
    const other = { ...headers, 'x-contentful-topic': 'ContentManagement.Entry.delete' };
    expect(both({ headers: other, rawBody, url })).toEqual([false, false]);
    const space = { ...headers, 'x-contentful-space-id': 'other' };
    expect(both({ headers: space, rawBody, url })).toEqual([false, false]);
  });
});

describe('plivo', () => {
  const theirs = ({ headers, rawBody, url, secret = SECRET, method = 'POST' }: Request) =>
    quietly(() =>
      plivo.validateV3Signature(
        method,
        url,
        headers['x-plivo-signature-v3-nonce'] ?? '',
        secret,
        headers['x-plivo-signature-v3'] ?? '',
        method === 'GET' ? {} : params(rawBody),
      ),
    );
  const both = (request: Request) => [ours('plivo', request), theirs(request)];

  // Its library encodes the URL as UTF-8 twice; Surehook is held to it for the rest.
  it.each(URLS.slice(0, 2))('agrees on right and wrong requests: %s', (url) => {
    for (const body of ['To=1&From=2&Text=a+b', 'b=2&a=1', '']) {
      const request = sign('plivo', body, url);
      expect(both(request), body).toEqual([true, true]);
      expect(both({ ...request, secret: 'other' }), body).toEqual([false, false]);
      expect(both({ ...request, rawBody: bytes(`${body}&x=1`) }), body).toEqual([false, false]);
      expect(both({ ...request, url: `${url}/x` }), body).toEqual([false, false]);
      const nonce = { ...request.headers, 'x-plivo-signature-v3-nonce': 'other' };
      expect(both({ ...request, headers: nonce }), body).toEqual([false, false]);
      const list = {
        ...request.headers,
        'x-plivo-signature-v3': `x,${request.headers['x-plivo-signature-v3']}`,
      };
      expect(both({ ...request, headers: list }), body).toEqual([true, true]);
    }
  });
});

describe('braintree', () => {
  const gatewayOf = (privateKey: string) =>
    new braintree.BraintreeGateway({
      environment: braintree.Environment.Sandbox,
      merchantId: 'merchant',
      publicKey: 'public_1',
      privateKey,
    });
  const theirs = async ({ rawBody, secret = 'public_1:private_1' }: Request) => {
    const { bt_signature = '', bt_payload = '' } = params(rawBody);
    try {
      await gatewayOf(secret.split(':')[1] ?? '').webhookNotification.parse(bt_signature, bt_payload);
      return true;
    } catch {
      return false;
    }
  };
  const both = async (request: Request) => [
    ours('braintree', { secret: 'public_1:private_1', ...request }),
    await theirs(request),
  ];
  const form = (fields: object) => bytes(new URLSearchParams({ ...fields }).toString());
  const request = (rawBody: Uint8Array): Request => ({ headers: {}, rawBody, url: '' });

  it('agrees on what braintree signs, and reads its kind', async () => {
    for (const kind of ['check', 'subscription_went_past_due', 'dispute_opened']) {
      const sample = gatewayOf('private_1').webhookTesting.sampleNotification(kind as never, 'id');
      const rawBody = form(sample);
      expect(await both(request(rawBody)), kind).toEqual([true, true]);
      expect(await both({ ...request(rawBody), secret: 'public_1:private_2' })).toEqual([false, false]);
      const other = form({ ...sample, bt_payload: `A${sample.bt_payload}` });
      expect(await both(request(other))).toEqual([false, false]);
      const foreign = form({ ...sample, bt_signature: sample.bt_signature.replace('public_1', 'public_2') });
      expect(await both(request(foreign))).toEqual([false, false]);
      const payload = findScheme('braintree').payload?.({ header: () => undefined, body: rawBody });
      expect(payload).toMatchObject({ kind });
    }
  });

  it('agrees on what Surehook signs', async () => {
    const signed = sign('braintree', '{"kind":"check"}', '', 'public_1:private_1');
    expect(await both(signed)).toEqual([true, true]);
  });

  it('gives the same answer to a challenge', () => {
    const bt_challenge = '20f9f8ed05f77439fe955c977e4c8a53';
    const answer = findScheme('braintree').handshake?.answer({
      method: 'GET',
      query: new URLSearchParams({ bt_challenge }),
      header: () => undefined,
      body: bytes(''),
      json: undefined,
      secrets: ['public_1:private_1'],
      options: {},
      url: '',
    });
    expect(answer?.body).toBe(gatewayOf('private_1').webhookNotification.verify(bt_challenge));
  });
});

describe('adyen', () => {
  const key = '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056';
  const Validator = ((AdyenValidator as { default?: unknown }).default ?? AdyenValidator) as new () => {
    calculateHmac(data: unknown, key: string): string;
    validateHMAC(item: unknown, key: string): boolean;
    validateHMACSignature(key: string, signature: string, data: string): boolean;
  };
  const validator = new Validator();
  const item = {
    pspReference: '7914073381342284',
    merchantAccountCode: 'YOUR_MERCHANT',
    merchantReference: 'Łódź: 1 \\',
    amount: { value: 1130, currency: 'EUR' },
    eventCode: 'AUTHORISATION',
    success: 'true',
  };
  const body = (items: object[]) =>
    JSON.stringify({
      live: 'false',
      notificationItems: items.map((NotificationRequestItem) => ({ NotificationRequestItem })),
    });
  const theirs = ({ rawBody, secret = key }: Request) =>
    JSON.parse(Buffer.from(rawBody).toString()).notificationItems.every(
      ({ NotificationRequestItem }: { NotificationRequestItem: object }) =>
        quietly(() => validator.validateHMAC(NotificationRequestItem, secret)),
    );
  const both = (request: Request) => [ours('adyen', { secret: key, ...request }), theirs(request)];

  it('agrees on what either signs', () => {
    for (const given of [item, { ...item, originalReference: '1' }, { ...item, merchantReference: '' }]) {
      const hmacSignature = validator.calculateHmac({ ...given, additionalData: {} }, key);
      const rawBody = bytes(body([{ ...given, additionalData: { hmacSignature } }]));
      expect(both({ headers: {}, rawBody, url: '' })).toEqual([true, true]);
      const signed = sign('adyen', body([given]), '', key);
      expect(both(signed)).toEqual([true, true]);
      expect(both({ ...signed, secret: key.replace('4', '5') })).toEqual([false, false]);
      const other = Buffer.from(signed.rawBody).toString().replace('AUTHORISATION', 'REFUND');
      expect(both({ ...signed, rawBody: bytes(other) })).toEqual([false, false]);
    }
  });

  it('agrees on the header of the platform', () => {
    const rawBody = bytes('{"type":"balancePlatform.payment.created","name":"Łódź"}');
    const { hmacsignature } = { hmacsignature: validator.calculateHmac(rawBody.toString(), key) };
    expect(ours('adyen', { headers: { hmacsignature }, rawBody, url: '', secret: key })).toBe(true);
    expect(validator.validateHMACSignature(key, hmacsignature, rawBody.toString())).toBe(true);
    expect(ours('adyen', { headers: { hmacsignature }, rawBody: bytes('{}'), url: '', secret: key })).toBe(
      false,
    );
    expect(validator.validateHMACSignature(key, hmacsignature, '{}')).toBe(false);
  });
});
