// Tests tokens, public keys and certificates against the providers' own SDKs.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { EventEmitter } from 'node:events';
import https from 'node:https';
import { createRequire } from 'node:module';
import sendgrid from '@sendgrid/eventwebhook';
import { Receiver } from '@upstash/qstash';
import { verifySignature as vonageVerify } from '@vonage/jwt';
import discord from 'discord-interactions';
import { SignJWT } from 'jose';
import { WebhookReceiver } from 'livekit-server-sdk';
import MessageValidator from 'sns-validator';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findScheme, signRequest, type VerifyOptions, verifySignature } from '../../src/signatures/index.ts';
import {
  CERTIFICATE,
  NOW as CERTIFIED,
  certificateOf,
  ebay,
  ec,
  jwkOf,
  otherRsa,
  pem,
  rsa,
  SNS_URL,
  snsMessage,
  TOPIC,
  text,
} from '../support/other-schemes.ts';
import { bytes, NOW } from './support.ts';

const require = createRequire(import.meta.url);
const SECRET = 'the secret of this source, which is long';
const URL_OF = 'https://hooks.example.com/webhooks/source';
const BODIES = ['{"id":"1","event":"room_started"}', '{"name":"Łódź 🚲"}', ' {\r\n\t"a" : [ ] }\n'];

beforeEach(() => vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Given = Partial<VerifyOptions> & { headers: Record<string, string>; rawBody: Uint8Array };
type Name = Parameters<typeof findScheme>[0];
const ours = (scheme: Name, given: Given & { now?: number; url?: string }) =>
  verifySignature({ scheme, secrets: [SECRET], now: NOW, url: URL_OF, ...given }).ok;

async function isTaken(call: () => unknown): Promise<boolean> {
  try {
    return (await call()) !== false;
  } catch {
    return false;
  }
}

const hash = (body: Uint8Array, encoding: 'hex' | 'base64' | 'base64url') =>
  createHash('sha256').update(body).digest(encoding);

function joseToken(claims: Record<string, unknown>, secret = SECRET): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(bytes(secret));
}

describe('qstash', () => {
  const theirs = (token: string, body: Uint8Array, { secret = SECRET, url = URL_OF } = {}) =>
    isTaken(() =>
      new Receiver({ currentSigningKey: 'current', nextSigningKey: secret }).verify({
        signature: token,
        body: Buffer.from(body).toString(),
        url,
      }),
    );
  const both = async (token: string, body: Uint8Array, more: { secret?: string; url?: string } = {}) => {
    const { secret = SECRET, url = URL_OF } = more;
    const headers = { 'upstash-signature': token };
    return [
      ours('qstash', { headers, rawBody: body, secrets: ['current', secret], url }),
      await theirs(token, body, more),
    ];
  };
  const claims = (body: Uint8Array, more: object = {}) => ({
    iss: 'Upstash',
    sub: URL_OF,
    iat: NOW,
    nbf: NOW,
    exp: NOW + 300,
    body: `${hash(body, 'base64url')}=`,
    ...more,
  });

  it.each(BODIES)('agrees on right and wrong tokens: %j', async (body) => {
    const rawBody = bytes(body);
    const token = await joseToken(claims(rawBody));
    expect(await both(token, rawBody)).toEqual([true, true]);
    expect(await both(token, bytes(`${body} `))).toEqual([false, false]);
    expect(await both(token, rawBody, { secret: 'other' })).toEqual([false, false]);
    expect(await both(token, rawBody, { url: `${URL_OF}/x` })).toEqual([false, false]);
    for (const wrong of [{ iss: 'x' }, { exp: NOW - 99 }, { nbf: NOW + 99 }, { sub: 'x' }, { body: 'x' }])
      expect(await both(await joseToken(claims(rawBody, wrong)), rawBody), JSON.stringify(wrong)).toEqual([
        false,
        false,
      ]);
    const signed = signRequest({ scheme: 'qstash', secret: SECRET, rawBody, url: URL_OF, now: NOW });
    expect(await both(signed['upstash-signature'] ?? '', rawBody)).toEqual([true, true]);
  });

  it('is stricter: a token must end', async () => {
    const rawBody = bytes('{}');
    expect(await both(await joseToken(claims(rawBody, { exp: undefined })), rawBody)).toEqual([false, true]);
  });
});

describe('livekit', () => {
  const both = async (token: string, rawBody: Uint8Array, secret = SECRET) => [
    ours('livekit', { headers: { authorization: token }, rawBody, secrets: [secret] }),
    await isTaken(() => new WebhookReceiver('key', secret).receive(Buffer.from(rawBody).toString(), token)),
  ];
  const claims = (body: Uint8Array, more: object = {}) => ({
    iss: 'key',
    nbf: NOW,
    exp: NOW + 300,
    sha256: hash(body, 'base64'),
    ...more,
  });

  it.each(BODIES)('agrees on right and wrong tokens: %j', async (body) => {
    const rawBody = bytes(body);
    const token = await joseToken(claims(rawBody));
    expect(await both(token, rawBody)).toEqual([true, true]);
    expect(await both(token, bytes(`${body} `))).toEqual([false, false]);
    expect(await both(token, rawBody, 'other')).toEqual([false, false]);
    for (const wrong of [
      { exp: NOW - 99 },
      { nbf: NOW + 99 },
      { exp: undefined },
      { sha256: hash(rawBody, 'hex') },
    ])
      expect(await both(await joseToken(claims(rawBody, wrong)), rawBody)).toEqual([false, false]);
  });
});

describe('vonage', () => {
  const rawBody = bytes('{"status":"sent"}');
  const claims = { iss: 'Vonage', iat: NOW, payload_hash: hash(rawBody, 'hex') };
  const both = (token: string, secret = SECRET) => [
    ours('vonage', { headers: { authorization: `Bearer ${token}` }, rawBody, secrets: [secret] }),
    vonageVerify(token, secret),
  ];

  it('agrees on right and wrong tokens', async () => {
    const token = await joseToken(claims);
    expect(both(token)).toEqual([true, true]);
    expect(both(token, 'other')).toEqual([false, false]);
    expect(both(token.replace(/^[^.]+/, Buffer.from('{"alg":"none"}').toString('base64url')))).toEqual([
      false,
      false,
    ]);
    expect(both(await joseToken({ ...claims, exp: NOW - 99 }))).toEqual([false, false]);
    const { authorization = '' } = signRequest({ scheme: 'vonage', secret: SECRET, rawBody, now: NOW });
    expect(both(authorization.replace('Bearer ', ''))).toEqual([true, true]);
  });

  it('is stricter: the hash of the body, the issuer and the age are checked', async () => {
    for (const wrong of [{ payload_hash: 'x' }, { iss: 'other' }, { iat: NOW - 301 }])
      expect(both(await joseToken({ ...claims, ...wrong }))).toEqual([false, true]);
  });
});

describe('discord', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const hex = (key: typeof publicKey) =>
    Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const secret = hex(publicKey);
  const both = async (rawBody: Uint8Array, signature: string, time = String(NOW), key = secret) => [
    ours('discord', {
      headers: { 'X-Signature-Ed25519': signature, 'X-Signature-Timestamp': time },
      rawBody,
      secrets: [key],
    }),
    await discord.verifyKey(rawBody as Buffer, signature, time, key),
  ];
  const sigOf = (body: Uint8Array, time = String(NOW)) =>
    sign(null, Buffer.concat([bytes(time), body]), privateKey).toString('hex');

  it.each(BODIES)('agrees on right and wrong signatures: %j', async (body) => {
    const rawBody = bytes(body);
    expect(await both(rawBody, sigOf(rawBody))).toEqual([true, true]);
    expect(await both(bytes(`${body} `), sigOf(rawBody))).toEqual([false, false]);
    expect(await both(rawBody, sigOf(rawBody), String(NOW + 1))).toEqual([false, false]);
    expect(await both(rawBody, 'ff'.repeat(64))).toEqual([false, false]);
    const other = hex(generateKeyPairSync('ed25519').publicKey);
    expect(await both(rawBody, sigOf(rawBody), String(NOW), other)).toEqual([false, false]);
  });

  it('is stricter: hex in upper case, and an old time, are refused', async () => {
    const rawBody = bytes('{}');
    expect(await both(rawBody, sigOf(rawBody).toUpperCase())).toEqual([false, true]);
    const old = String(NOW - 301);
    expect(await both(rawBody, sigOf(rawBody, old), old)).toEqual([false, true]);
  });

  it('is stricter: no digit moves from the body into the time', async () => {
    const time = String(NOW).slice(0, -1);
    const rawBody = bytes(`${String(NOW).slice(-1)}{}`);
    expect(await both(rawBody, sigOf(bytes('{}')), time)).toEqual([false, true]);
  });
});

describe('sendgrid', () => {
  const webhook = new sendgrid.EventWebhook();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const both = (rawBody: Uint8Array, signature: string, key = der, now = String(NOW)) => [
    ours('sendgrid', {
      headers: {
        [sendgrid.EventWebhookHeader.SIGNATURE()]: signature,
        [sendgrid.EventWebhookHeader.TIMESTAMP()]: now,
      },
      rawBody,
      secrets: [key],
      now: Number(now),
    }),
    webhook.verifySignature(webhook.convertPublicKeyToECDSA(key), Buffer.from(rawBody), signature, now),
  ];

  it('takes the example of the library', () => {
    const key =
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==';
    const signature =
      'MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=';
    const event = {
      email: 'hello@world.com',
      event: 'dropped',
      reason: 'Bounced Address',
      sg_event_id: 'ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA',
      sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0',
      'smtp-id': '<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>',
      timestamp: 1600112492,
    };
    const body = bytes(`${JSON.stringify([event])}\r\n`);
    expect(both(body, signature, key, '1600112502')).toEqual([true, true]);
    expect(both(body.subarray(0, -2), signature, key, '1600112502')).toEqual([false, false]);
    expect(both(body, signature, der, '1600112502')).toEqual([false, false]);
  });

  it.each(BODIES)('agrees on right and wrong signatures: %j', (body) => {
    const rawBody = bytes(body);
    const signature = sign('sha256', bytes(`${NOW}${body}`), privateKey).toString('base64');
    expect(both(rawBody, signature)).toEqual([true, true]);
    expect(both(bytes(`${body} `), signature)).toEqual([false, false]);
  });
});

describe('aws-sns', () => {
  const serve = (certificate: string) =>
    vi.spyOn(https, 'get').mockImplementation(((_url: string, done: (response: unknown) => void) => {
      const response = Object.assign(new EventEmitter(), { statusCode: 200 });
      done(response);
      response.emit('data', certificate);
      response.emit('end');
      return new EventEmitter();
    }) as never);
  const theirs = (message: object) =>
    new Promise<boolean>((resolve) => {
      new MessageValidator().validate({ ...message }, (error: unknown) => resolve(!error));
    });
  const both = async (message: Record<string, unknown>, certificate = CERTIFICATE) => {
    const url = String(message.SigningCertURL);
    serve(certificate);
    const given = { headers: {}, rawBody: text(message), secrets: [], certificates: { [url]: certificate } };
    return [ours('aws-sns', { ...given, now: CERTIFIED }), await theirs(message)];
  };
  let count = 0;
  /** Its library keeps certificates by their address for good. */
  const fresh = () => SNS_URL.replace('.pem', `${count++}.pem`);

  it.each(['1', '2'])('agrees on messages of version %s', async (version) => {
    const SigningCertURL = fresh();
    const confirmation = {
      SigningCertURL,
      Type: 'SubscriptionConfirmation',
      Token: 't',
      SubscribeURL: `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`,
    };
    expect(await both(snsMessage({ SigningCertURL }, version))).toEqual([true, true]);
    expect(await both(snsMessage(confirmation, version))).toEqual([true, true]);
    expect(await both(snsMessage({ SigningCertURL, Message: '' }, version))).toEqual([true, true]);
    for (const name of [
      'Message',
      'MessageId',
      'Subject',
      'Timestamp',
      'TopicArn',
      'Signature',
      'SignatureVersion',
    ]) {
      const message = snsMessage({ SigningCertURL }, version);
      expect(await both({ ...message, [name]: `x${message[name]}` }), name).toEqual([false, false]);
    }
  });

  it('agrees that another host, scheme or certificate is refused', async () => {
    for (const url of [
      'https://s3.amazonaws.com/a.pem',
      'http://sns.eu-central-1.amazonaws.com/a.pem',
      'https://sns.eu-central-1.amazonaws.com.evil.example/a.pem',
    ])
      expect(await both(snsMessage({ SigningCertURL: url }))).toEqual([false, false]);
    expect(await both(snsMessage({ SigningCertURL: fresh() }), certificateOf(otherRsa.privateKey))).toEqual([
      false,
      false,
    ]);
  });

  it('is stricter with expired certificates, other files on the host, fields that are no texts, and base64 with more behind it', async () => {
    const expired = certificateOf(rsa.privateKey, CERTIFIED - 9, CERTIFIED - 1);
    expect(await both(snsMessage({ SigningCertURL: fresh() }), expired)).toEqual([false, true]);
    const other = 'https://sns.eu-central-1.amazonaws.com/other.pem';
    expect(await both(snsMessage({ SigningCertURL: other }))).toEqual([false, true]);
    const long = snsMessage({ SigningCertURL: fresh() });
    expect(await both({ ...long, Signature: `${long.Signature}x` })).toEqual([false, true]);
    const message = snsMessage({ SigningCertURL: fresh(), Message: '5' });
    expect(await both({ ...message, Message: 5 })).toEqual([false, true]);
  });
});

describe('ebay', () => {
  const validator = require('event-notification-nodejs-sdk/lib/validator.js');
  const client = require('event-notification-nodejs-sdk/lib/client.js');
  const both = async (rawBody: Uint8Array, headers: Record<string, string>, key = ec.publicKey) => {
    vi.spyOn(client, 'getPublicKey').mockResolvedValue({ key: pem(key).replaceAll('\n', '') });
    return [
      ours('ebay', { headers, rawBody, secrets: ['id:secret'], jwks: { 'kid-1': jwkOf(key) } }),
      await isTaken(() =>
        validator.validateSignature(
          JSON.parse(Buffer.from(rawBody).toString()),
          headers['x-ebay-signature'],
          {},
        ),
      ),
    ];
  };

  it('agrees on right and wrong signatures', async () => {
    const rawBody = bytes('{"metadata":{"topic":"MARKETPLACE_ACCOUNT_DELETION"},"name":"Łódź"}');
    expect(await both(rawBody, ebay(rawBody))).toEqual([true, true]);
    expect(await both(bytes('{}'), ebay(rawBody))).toEqual([false, false]);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(await both(rawBody, ebay(rawBody), other)).toEqual([false, false]);
  });

  it('signs the bytes as they are sent, where its library writes the JSON anew', async () => {
    const rawBody = bytes('{ "a": 1 }');
    expect(await both(rawBody, ebay(rawBody))).toEqual([true, false]);
  });

  it('gives the same answer to a challenge', () => {
    const config = { verificationToken: 'token', endpoint: URL_OF };
    const answer = findScheme('ebay').handshake?.answer({
      method: 'GET',
      query: new URLSearchParams('challenge_code=code'),
      header: () => undefined,
      body: bytes(''),
      json: undefined,
      secrets: [],
      options: { verifyToken: 'token' },
      url: URL_OF,
    });
    const challengeResponse = validator.generateChallengeResponse('code', config);
    expect(answer?.body).toBe(JSON.stringify({ challengeResponse }));
  });
});
