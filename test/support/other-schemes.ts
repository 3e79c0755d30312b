// Requests of the schemes that are no plain HMAC, signed as their providers sign them, with keys made here.
import { createPublicKey, createSign, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  type SchemeName,
  signWebhook,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';

export const NOW = 1_800_000_000;
export const URL_OF = 'https://hooks.example.com/webhooks/source';

/** Everything that `verifySignature` is given. */
export type Given = VerifyOptions & {
  headers: Record<string, string>;
  rawBody: Uint8Array;
  url: string;
  now: number;
  method?: string;
};

export interface OtherCase {
  scheme: SchemeName;
  secret: string;
  /** A secret of the same form that another account has. */
  other: string;
  body: string;
  /** `all`: every byte of the body is signed; `fields`: some of it. */
  covers: 'all' | 'fields' | 'nothing';
  /** How far the signed time may be off, in seconds; absent: no time is signed, or it is checked only on request. */
  tolerance?: number;
  make: (given: { secret: string; rawBody: Buffer; now: number }) => Pick<Given, 'headers'> & Partial<Given>;
}

export const text = (value: unknown) => Buffer.from(JSON.stringify(value));
export const ed25519 = generateKeyPairSync('ed25519');
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const otherEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherEd25519 = generateKeyPairSync('ed25519');
export const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();
const der = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
const rawEd = (key: KeyObject, encoding: 'hex' | 'base64') =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString(encoding);
export const jwkOf = (key: KeyObject) => key.export({ format: 'jwk' }) as Record<string, unknown>;

/** @param alg `none` makes a token without a signature */
export function token(
  claims: object,
  { alg, key, kid, head = {} }: { alg: string; key?: KeyObject; kid?: string; head?: object },
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, typ: 'JWT', ...(kid ? { kid } : {}), ...head })}.${part(claims)}`;
  const signature = key && sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature?.toString('base64url') ?? ''}`;
}

/** DER: a tag, the length, the content. */
function derOf(tag: number, ...contents: Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** A certificate (RFC 5280) for an RSA key, signed with that key: openssl makes none with times of one's choice. */
export function certificateOf(key: KeyObject, from = NOW - 86_400, to = NOW + 86_400): string {
  const seq = (...contents: Uint8Array[]) => derOf(0x30, ...contents);
  const time = (seconds: number) => {
    const digits = new Date(seconds * 1000)
      .toISOString()
      .replaceAll(/[-:T]|\.\d+/g, '')
      .slice(2);
    return derOf(0x17, Buffer.from(digits));
  };
  const sha256WithRsa = seq(Buffer.from('06092a864886f70d01010b0500', 'hex'));
  const commonName = Buffer.from('0603550403', 'hex');
  const name = seq(derOf(0x31, seq(commonName, derOf(0x0c, Buffer.from('signer.example')))));
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const version = derOf(0xa0, derOf(0x02, Buffer.from([2])));
  const serial = derOf(0x02, Buffer.from([1]));
  const content = seq(version, serial, sha256WithRsa, name, seq(time(from), time(to)), name, spki);
  const signature = sign('sha256', content, key);
  const whole = seq(content, sha256WithRsa, derOf(0x03, Buffer.from([0]), signature));
  return `-----BEGIN CERTIFICATE-----\n${whole.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

export const CERTIFICATE = certificateOf(rsa.privateKey);
export const PAYPAL_URL = 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77';
export const SNS_URL =
  'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-010a507c1833636cd94bdb98bd93083a.pem';
export const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:orders';

export function paypal(
  { secret, rawBody, now }: { secret: string; rawBody: Buffer; now: number },
  certUrl = PAYPAL_URL,
): Pick<Given, 'headers' | 'certificates'> {
  const time = new Date(now * 1000).toISOString();
  const content = `b2384410-f8d2-11e4|${time}|${secret}|${crc32(rawBody)}`;
  return {
    headers: {
      'paypal-transmission-id': 'b2384410-f8d2-11e4',
      'paypal-transmission-time': time,
      'paypal-transmission-sig': createSign('sha256').update(content).sign(rsa.privateKey, 'base64'),
      'paypal-cert-url': certUrl,
      'paypal-auth-algo': 'SHA256withRSA',
    },
    certificates: { [certUrl]: CERTIFICATE },
  };
}

/** A message as SNS sends it, with its signature. */
export function snsMessage(fields: Record<string, string> = {}, version = '1'): Record<string, string> {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: TOPIC,
    ...(fields.Token === undefined ? { Subject: 'My First Message' } : {}),
    Message: 'Hello\nworld! Łódź',
    Timestamp: new Date(NOW * 1000).toISOString(),
    SignatureVersion: version,
    SigningCertURL: SNS_URL,
    ...fields,
  };
  const names =
    message.Type === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const content = names.filter((name) => name in message).map((name) => `${name}\n${message[name]}\n`);
  const Signature = createSign(version === '1' ? 'sha1' : 'sha256')
    .update(content.join(''))
    .sign(rsa.privateKey, 'base64');
  return { ...message, Signature };
}

export function ebay(rawBody: Buffer, fields: object = {}): Record<string, string> {
  const signature = createSign('sha1').update(rawBody).sign(ec.privateKey, 'base64');
  const value = { alg: 'ecdsa', kid: 'kid-1', signature, digest: 'SHA1', ...fields };
  return { 'x-ebay-signature': text(value).toString('base64') };
}

const bySecret = (scheme: SchemeName, body: string, more: Partial<OtherCase> = {}): OtherCase => ({
  scheme,
  secret: 'the secret of this source',
  other: 'the secret of another one',
  body,
  covers: 'nothing',
  make: (given) => signWebhook({ scheme, url: URL_OF, ...given }),
  ...more,
});

/** A header with the time, and one with a signature over it. */
function bySignature(
  names: readonly [string, string | undefined],
  write: (now: number, body: Buffer) => { time: string; signature: string },
): OtherCase['make'] {
  return ({ rawBody, now }) => {
    const { time, signature } = write(now, rawBody);
    const headers: Record<string, string> = { [names[0]]: signature };
    if (names[1] !== undefined) headers[names[1]] = time;
    return { headers };
  };
}

const joined = (time: number | string, body: Buffer) => Buffer.concat([Buffer.from(String(time)), body]);

export const ADYEN = {
  live: 'false',
  notificationItems: [
    {
      NotificationRequestItem: {
        additionalData: { other: 'kept' },
        amount: { currency: 'EUR', value: 1000 },
        eventCode: 'AUTHORISATION',
        eventDate: '2026-01-01T01:00:00+01:00',
        merchantAccountCode: 'YOUR_MERCHANT',
        merchantReference: 'order: 1',
        pspReference: '7914073381342284',
        success: 'true',
      },
    },
  ],
};

const GRAPH = { value: [{ subscriptionId: 's', changeType: 'updated', resource: 'me/messages' }] };
const FORM = 'MessageSid=SM1&Body=hi+there+%C5%82&From=%2B1&MessageStatus=sent';

export const OTHER_CASES: readonly OtherCase[] = [
  bySecret('twilio', FORM, { covers: 'fields' }),
  bySecret('hubspot', '[{"eventId":1,"subscriptionId":2}]', { covers: 'all', tolerance: 300 }),
  bySecret('contentful', '{"sys":{"id":"1"}}', { covers: 'all', tolerance: 30 }),
  bySecret('plivo', FORM, { covers: 'fields' }),
  bySecret('braintree', '{"kind":"check"}', {
    covers: 'fields',
    secret: 'public_1:private_1',
    other: 'public_1:private_2',
  }),
  bySecret('mailgun', '{"event-data":{"id":"e","event":"opened"}}', { covers: 'fields' }),
  bySecret('dropbox-sign', '{"event":{"event_type":"signature_request_sent"}}', { covers: 'fields' }),
  bySecret('adyen', JSON.stringify(ADYEN), {
    covers: 'fields',
    secret: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    other: '54782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
  }),
  bySecret('discord', '{"type":2,"id":"1"}', {
    covers: 'all',
    tolerance: 300,
    secret: rawEd(ed25519.publicKey, 'hex'),
    other: rawEd(otherEd25519.publicKey, 'hex'),
    make: bySignature(['x-signature-ed25519', 'x-signature-timestamp'], (now, body) => ({
      time: String(now),
      signature: sign(null, joined(now, body), ed25519.privateKey).toString('hex'),
    })),
  }),
  bySecret('telnyx', '{"data":{"id":"1"}}', {
    covers: 'all',
    tolerance: 300,
    secret: rawEd(ed25519.publicKey, 'base64'),
    other: rawEd(otherEd25519.publicKey, 'base64'),
    make: bySignature(['telnyx-signature-ed25519', 'telnyx-timestamp'], (now, body) => ({
      time: String(now),
      signature: sign(null, joined(`${now}|`, body), ed25519.privateKey).toString('base64'),
    })),
  }),
  bySecret('sendgrid', '[{"sg_event_id":"1","event":"open"}]\r\n', {
    covers: 'all',
    tolerance: 300,
    secret: der(ec.publicKey),
    other: der(otherEc.publicKey),
    make: bySignature(
      ['x-twilio-email-event-webhook-signature', 'x-twilio-email-event-webhook-timestamp'],
      (now, body) => ({
        time: String(now),
        signature: sign('sha256', joined(now, body), ec.privateKey).toString('base64'),
      }),
    ),
  }),
  bySecret('wise', '{"event_type":"a"}', {
    covers: 'all',
    secret: pem(rsa.publicKey),
    other: pem(otherRsa.publicKey),
    make: bySignature(['x-signature-sha256', undefined], (_now, body) => ({
      time: '',
      signature: sign('sha256', body, rsa.privateKey).toString('base64'),
    })),
  }),
  bySecret('qstash', '{"a":1}', { covers: 'all' }),
  bySecret('livekit', '{"id":"1","event":"room_started"}', { covers: 'all' }),
  bySecret('vonage', '{"status":"sent"}', { covers: 'all', tolerance: 300 }),
  bySecret('netlify', '{"state":"ready"}', { covers: 'all' }),
  bySecret('monday', '{"event":{"triggerUuid":"1"}}'),
  bySecret('wix', '', {
    covers: 'all',
    secret: pem(rsa.publicKey),
    other: pem(otherRsa.publicKey),
    make: ({ now }) => ({
      headers: {},
      rawBody: Buffer.from(
        token({ data: '{"eventType":"e"}', iat: now, exp: now + 300 }, { alg: 'RS256', key: rsa.privateKey }),
      ),
    }),
  }),
  bySecret('gemini-dynamic', '{"type":"batch.succeeded"}', {
    make: ({ secret, now }) => ({
      headers: {
        'webhook-signature': token(
          { aud: secret, iat: now, exp: now + 300 },
          { alg: 'RS256', key: rsa.privateKey, kid: 'k1' },
        ),
      },
      jwks: { k1: jwkOf(rsa.publicKey) },
    }),
  }),
  bySecret('gitlab', '{"object_kind":"push"}'),
  ...(['telegram', 'hugging-face', 'okta', 'auth0', 'cloudflare'] as const).map((name) =>
    bySecret(name, '{}'),
  ),
  ...(['pipedrive', 'postmark', 'chargebee'] as const).map((name) =>
    bySecret(name, '{}', { secret: 'user:pass:word', other: 'user:password' }),
  ),
  ...(['mailchimp', 'azure-event-grid', 'cloudevents', 'strava'] as const).map((name) =>
    bySecret(name, '{}'),
  ),
  ...(['ms-graph', 'sharepoint'] as const).map((name) =>
    bySecret(name, JSON.stringify(GRAPH), { covers: 'fields' }),
  ),
  bySecret('paypal', '{"id":"WH-1"}', { covers: 'all', make: paypal }),
];

/** What `verifySignature` is given for a right request of a case. */
export function givenBy(
  tested: OtherCase,
  { now = NOW, secret = tested.secret, body = tested.body } = {},
): Given {
  const { scheme, make } = tested;
  const rawBody = Buffer.from(body);
  return { scheme, secrets: [tested.secret], rawBody, url: URL_OF, now, ...make({ secret, rawBody, now }) };
}

export function verdict(given: Given, changed: Partial<Given> = {}): string {
  const result = verifySignature({ ...given, ...changed });
  return result.ok ? 'ok' : result.code;
}

/** Only the provider has the private half of a key. */
export const UNSIGNABLE = ['discord', 'telnyx', 'sendgrid', 'wise', 'wix', 'gemini-dynamic', 'paypal'];
