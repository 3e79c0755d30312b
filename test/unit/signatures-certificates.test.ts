// Tests the schemes whose requests name the certificate or key that they are signed with.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findScheme, neededKey, type VerifyOptions, verifySignature } from '../../src/signatures/index.ts';
import {
  CERTIFICATE,
  certificateOf,
  ebay,
  ec,
  jwkOf,
  NOW,
  otherEc,
  otherRsa,
  PAYPAL_URL,
  paypal,
  pem,
  rsa,
  SNS_URL,
  snsMessage,
  TOPIC,
  text,
} from '../support/other-schemes.ts';

type More = Partial<VerifyOptions> & { rawBody?: Uint8Array; headers?: Record<string, string>; now?: number };

function said(
  given: VerifyOptions & { rawBody: Uint8Array; headers: Record<string, string>; now?: number },
): string {
  const result = verifySignature({ now: NOW, ...given });
  return result.ok ? 'ok' : `${result.code}: ${result.detail}`;
}

describe('paypal', () => {
  const rawBody = text({ id: 'WH-1' });
  const request = (certUrl = PAYPAL_URL) => ({
    scheme: 'paypal' as const,
    secrets: ['WEBHOOK-ID'],
    rawBody,
    ...paypal({ secret: 'WEBHOOK-ID', rawBody, now: NOW }, certUrl),
  });
  const check = (more: More = {}) => said({ ...request(), ...more });
  const without = (name: string) => ({ ...request().headers, [name]: '' });

  it('takes what is signed for this webhook, with the certificate of its address', () => {
    expect(check()).toBe('ok');
    expect(check({ secrets: ['OTHER', 'WEBHOOK-ID'] })).toBe('ok');
    expect(check({ secrets: ['OTHER'] })).toMatch(/^signature_invalid: the signature does not fit/);
    expect(check({ rawBody: text({ id: 'WH-2' }) })).toMatch(/^signature_invalid/);
  });

  it('takes a forged body that has the checksum of the signed one, since PayPal signs no more', () => {
    expect(findScheme('paypal').ways[0].signs).toBe('fields');
  });

  it.each(Object.keys(request().headers))('names the header that is missing: %s', (name) => {
    expect(check({ headers: without(name) })).toBe(
      `signature_missing: the header '${name}' is missing or empty`,
    );
  });

  it('refuses another algorithm', () => {
    for (const algorithm of ['SHA1withRSA', 'sha256withrsa', 'none'])
      expect(check({ headers: { ...request().headers, 'paypal-auth-algo': algorithm } })).toMatch(
        /SHA256withRSA/,
      );
  });

  it.each([
    'http://api.paypal.com/v1/notifications/certs/C',
    'https://api.paypal.com:444/v1/notifications/certs/C',
    'https://user@api.paypal.com/v1/notifications/certs/C',
    'https://api.paypal.com@evil.example/v1/notifications/certs/C',
    'https://evil.example/v1/notifications/certs/C',
    'https://paypal.com.evil.example/v1/notifications/certs/C',
    'https://evilpaypal.com/v1/notifications/certs/C',
    'https://api.paypal.com.evil.example/v1/notifications/certs/C',
    'https://evil.example/api.paypal.com/v1/notifications/certs/C',
    'https://evil.example#.paypal.com/v1/notifications/certs/C',
    'https://evil.example\\.paypal.com/v1/notifications/certs/C',
    'https://api.paypal.com/other/C',
    'https://api.paypal.com/v1/notifications/certs/../../x',
    'https://api.paypal.com/v1/notifications/certs/C?x=1',
    'https://api.paypal.com/v1/notifications/certs/C\n',
    ' https://api.paypal.com/v1/notifications/certs/C',
    'HTTPS://API.PAYPAL.COM/v1/notifications/certs/C',
  ])('fetches nothing from another address: %j', (url) => {
    const given = { ...request(url), certificates: {} };
    expect(neededKey(given)).toBeUndefined();
    expect(said(request(url))).toMatch(/address of the certificate is not one of this provider/);
  });

  it('asks for the certificate that it has not got', () => {
    const given = { ...request(), certificates: {} };
    expect(neededKey(given)).toEqual({ certificate: PAYPAL_URL });
    expect(neededKey(request())).toBeUndefined();
    expect(said(given)).toMatch(/certificate that the request names could not be had/);
    const sandbox = 'https://api.sandbox.paypal.com/v1/notifications/certs/C';
    expect(neededKey({ ...request(sandbox), certificates: {} })).toEqual({ certificate: sandbox });
  });

  it.each([
    ['of another key', certificateOf(otherRsa.privateKey), /does not fit/],
    ['that has expired', certificateOf(rsa.privateKey, NOW - 99, NOW - 1), /has expired/],
    ['that is not valid yet', certificateOf(rsa.privateKey, NOW + 1, NOW + 99), /is not valid yet/],
    ['that is a key', pem(rsa.publicKey), /is no certificate/],
    ['that is nothing', '', /is no certificate/],
    ['that is a page', '<html>', /is no certificate/],
  ])('refuses a certificate %s', (_what, certificate, detail) => {
    const checked = check({ certificates: { [PAYPAL_URL]: certificate } });
    expect(checked).toMatch(/^signature_invalid/);
    expect(checked).toMatch(detail);
    expect(check({ certificates: { [PAYPAL_URL]: certificate } })).toBe(checked);
  });

  it('checks the time where a tolerance is configured: a resend may keep its time', () => {
    expect(check({ now: NOW + 3_000 })).toBe('ok');
    expect(check({ now: NOW + 3_000, toleranceSeconds: 2_999 })).toMatch(/^timestamp_out_of_tolerance/);
    expect(check({ now: NOW + 3_000, toleranceSeconds: 3_000 })).toBe('ok');
  });
});

describe('aws-sns', () => {
  const check = (message: unknown, more: More = {}) =>
    said({
      scheme: 'aws-sns',
      secrets: [],
      headers: {},
      rawBody: text(message),
      certificates: { [SNS_URL]: CERTIFICATE },
      ...more,
    });
  const CONFIRMATION = {
    Type: 'SubscriptionConfirmation',
    Token: '2336412f37',
    SubscribeURL: `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`,
  };

  it.each(['1', '2'])('takes notifications and confirmations of version %s', (version) => {
    expect(check(snsMessage({}, version))).toBe('ok');
    const { Subject: _, ...withoutSubject } = snsMessage({}, version);
    expect(check(withoutSubject)).toMatch(/^signature_invalid/);
    expect(check(snsMessage(CONFIRMATION, version))).toBe('ok');
    expect(check(snsMessage({ ...CONFIRMATION, Type: 'UnsubscribeConfirmation' }, version))).toBe('ok');
  });

  it.each([
    'Message',
    'MessageId',
    'Subject',
    'Timestamp',
    'TopicArn',
    'Type',
    'SignatureVersion',
    'Signature',
  ])('refuses another %s', (name) => {
    const message = snsMessage();
    expect(check({ ...message, [name]: `${message[name]}x` })).toMatch(/^signature_invalid/);
    expect(check({ ...message, [name]: { toString: 'x' } })).toMatch(/^signature_invalid/);
  });

  it('refuses what is missing, and says how a message comes to have no signature', () => {
    const { Signature: _, ...raw } = snsMessage();
    expect(check(raw)).toMatch(/^signature_missing: .*raw message delivery/);
    for (const name of ['Message', 'Type', 'TopicArn', 'SigningCertURL', 'SignatureVersion'])
      expect(check({ ...snsMessage(), [name]: undefined })).toMatch(/^signature_invalid/);
    for (const nonsense of [[], null, 5, 'text']) expect(check(nonsense)).toMatch(/^signature_invalid/);
  });

  it.each([
    'https://s3.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.eu-central-1.s3.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns-eu.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.eu-central-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem',
    'https://sns.eu-central-1.amazonaws.com:8443/SimpleNotificationService-0.pem',
    'https://sns.eu-central-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem',
    'https://evil.example/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem',
    'http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem',
    'https://sns.eu-central-1.amazonaws.com/other.pem',
    'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0.pem?x',
    'file:///SimpleNotificationService-0.pem',
  ])('fetches nothing from another address: %s', (url) => {
    const message = snsMessage({ SigningCertURL: url });
    expect(check(message, { certificates: { [url]: CERTIFICATE } })).toMatch(/not one of this provider/);
    expect(
      neededKey({ scheme: 'aws-sns', secrets: [], headers: {}, rawBody: text(message) }),
    ).toBeUndefined();
  });

  it('asks for the certificate of its region, in China too', () => {
    const china = 'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem';
    for (const url of [SNS_URL, china]) {
      const rawBody = text(snsMessage({ SigningCertURL: url }));
      expect(neededKey({ scheme: 'aws-sns', secrets: [], headers: {}, rawBody })).toEqual({
        certificate: url,
      });
    }
    expect(check(snsMessage(), { certificates: {} })).toMatch(/could not be had/);
    const expired = certificateOf(rsa.privateKey, NOW - 9, NOW - 1);
    expect(check(snsMessage(), { certificates: { [SNS_URL]: expired } })).toMatch(/has expired/);
  });

  it('takes messages of the configured topics only', () => {
    expect(check(snsMessage(), { topicArns: ['other', TOPIC] })).toBe('ok');
    expect(check(snsMessage(), { topicArns: ['other'] })).toMatch(/TopicArn is not one of 'topicArns'/);
    expect(check(snsMessage(), { topicArns: [] })).toMatch(/TopicArn/);
  });

  it('checks the time where a tolerance is configured: SNS sends a message for 23 days', () => {
    expect(check(snsMessage(), { now: NOW + 80_000 })).toBe('ok');
    expect(check(snsMessage(), { now: NOW + 80_000, toleranceSeconds: 300 })).toMatch(/^timestamp/);
    const noTime = snsMessage({ Timestamp: 'yesterday' });
    expect(check(noTime, { toleranceSeconds: 300 })).toMatch(
      /^signature_invalid: the signed time is no time/,
    );
  });

  it('names the address that confirms a subscription, on the host of SNS and for the same topic', () => {
    const { confirm } = findScheme('aws-sns');
    expect(confirm?.(snsMessage(CONFIRMATION))).toBe(CONFIRMATION.SubscribeURL);
    for (const other of [
      {},
      { ...CONFIRMATION, Type: 'UnsubscribeConfirmation' },
      { ...CONFIRMATION, TopicArn: 'other' },
      ...[
        CONFIRMATION.SubscribeURL.replace('https', 'http'),
        CONFIRMATION.SubscribeURL.replace('sns.eu-central-1.amazonaws.com', 'evil.example'),
        CONFIRMATION.SubscribeURL.replace('.com/', '.com:99/'),
        CONFIRMATION.SubscribeURL.replace('ConfirmSubscription', 'DeleteTopic'),
        `${CONFIRMATION.SubscribeURL}#x`,
      ].map((SubscribeURL) => ({ ...CONFIRMATION, SubscribeURL })),
    ])
      expect(confirm?.(snsMessage(other as Record<string, string>)), JSON.stringify(other)).toBeUndefined();
    for (const nonsense of [null, [], 5, undefined]) expect(confirm?.(nonsense)).toBeUndefined();
  });
});

describe('ebay', () => {
  const rawBody = text({ metadata: { topic: 'MARKETPLACE_ACCOUNT_DELETION' } });
  const request = {
    scheme: 'ebay' as const,
    secrets: ['client-PRD-1:secret'],
    rawBody,
    headers: ebay(rawBody),
    jwks: { 'kid-1': jwkOf(ec.publicKey) },
  };
  const check = (more: More = {}) => said({ ...request, ...more });

  it('takes what fits the raw body and the key that is named', () => {
    expect(check()).toBe('ok');
    expect(check({ rawBody: Buffer.concat([rawBody, Buffer.from(' ')]) })).toMatch(
      /does not fit the raw body/,
    );
    expect(check({ jwks: { 'kid-1': jwkOf(otherEc.publicKey) } })).toMatch(/does not fit/);
    expect(check({ jwks: { 'kid-1': jwkOf(rsa.publicKey) } })).toMatch(/cannot be used/);
    expect(check({ jwks: {} })).toMatch(/key 'kid-1' could not be had/);
    expect(check({ headers: {} })).toMatch(/^signature_missing/);
  });

  it.each([
    { alg: 'none' },
    { alg: 'rsa' },
    { digest: 'MD5' },
    { digest: undefined },
    { kid: '../token' },
    { kid: 'a/b' },
    { kid: '' },
    { kid: 5 },
    { signature: 5 },
    { signature: 'AAAA' },
    { signature: '' },
  ])('refuses a header with %j', (fields) => {
    expect(check({ headers: ebay(rawBody, fields) })).toMatch(/^signature_invalid/);
  });

  it('asks eBay for the key, with a token for the credentials in its secret', () => {
    const given = { ...request, jwks: {} };
    expect(neededKey(given)).toEqual({
      jwks: 'https://api.ebay.com/commerce/notification/v1/public_key/kid-1',
      keyId: 'kid-1',
      clientCredentials: {
        tokenUrl: 'https://api.ebay.com/identity/v1/oauth2/token',
        id: 'client-PRD-1',
        secret: 'secret',
        scope: 'https://api.ebay.com/oauth/api_scope',
      },
    });
    expect(neededKey({ ...given, sandbox: true })).toMatchObject({
      jwks: 'https://api.sandbox.ebay.com/commerce/notification/v1/public_key/kid-1',
    });
    expect(neededKey(request)).toBeUndefined();
    expect(neededKey({ ...given, headers: ebay(rawBody, { kid: 'a/b' }) })).toBeUndefined();
  });

  it('answers the challenge with a hash of code, token and URL', () => {
    const answer = (query: string, options: object) =>
      findScheme('ebay').handshake?.answer({
        method: 'GET',
        query: new URLSearchParams(query),
        header: () => undefined,
        body: Buffer.from(''),
        json: undefined,
        secrets: [],
        options,
        url: 'https://hooks.example.com/ebay',
      });
    const hash = createHash('sha256').update('codetokenhttps://hooks.example.com/ebay').digest('hex');
    expect(answer('challenge_code=code', { verifyToken: 'token' })).toMatchObject({
      status: 200,
      body: JSON.stringify({ challengeResponse: hash }),
    });
    expect(answer('', { verifyToken: 'token' })).toBeUndefined();
    expect(answer('challenge_code=code', {})).toBeUndefined();
  });
});
