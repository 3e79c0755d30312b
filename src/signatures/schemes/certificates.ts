// Schemes whose requests name the certificate or the key with which they are signed.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { verifyBytes } from '../algorithms.ts';
import { given, neededCertificate, verifyWithCertificate } from '../certified.ts';
import { pairKey, pairOf } from '../equal.ts';
import { jsonOf, parsed, scalar, UNREADABLE } from '../fields.ts';
import { decodeBase64, textKey } from '../keys.ts';
import { isObject, keptJwk } from '../provider-keys.ts';
import {
  type Handshake,
  type Hash,
  type Scheme,
  type SchemeOptions,
  scheme,
  type VerifyResult,
  type Way,
} from '../scheme.ts';
import { failed, missingHeaders, OK } from '../verdicts.ts';

const PAYPAL_CERTIFICATE =
  /^https:\/\/(?:[a-z0-9-]+\.)+paypal\.com\/v1\/notifications\/certs\/[A-Za-z0-9_-]+$/;
const PAYPAL_HEADERS = [
  'paypal-transmission-sig',
  'paypal-transmission-id',
  'paypal-transmission-time',
  'paypal-cert-url',
  'paypal-auth-algo',
] as const;

/**
 * PayPal signs a checksum of the body, and a checksum is no hash: whoever has one request of PayPal can make other bodies
 * with it, and send them as often as they like. Ids in the body so are as good as unsigned.
 */
const paypalWay: Way = {
  headers: PAYPAL_HEADERS,
  credentials: ['paypal-transmission-sig'],
  signs: 'fields',
  needs: (input) => neededCertificate(input.header('paypal-cert-url'), PAYPAL_CERTIFICATE, input),
  verify(input) {
    const [signature, id, time, url, algorithm] = PAYPAL_HEADERS.map((name) => input.header(name));
    const missing = PAYPAL_HEADERS.filter((name) => !input.header(name));
    if (missing.length > 0) return missingHeaders(missing);
    if (algorithm !== 'SHA256withRSA')
      return failed('signature_invalid', "the header 'paypal-auth-algo' is not SHA256withRSA");
    const checksum = crc32(input.body);
    let result: VerifyResult = failed('signature_invalid', 'the source has no secret');
    for (const webhookId of input.secrets) {
      const content = `${id}|${time}|${webhookId}|${checksum}`;
      result = verifyWithCertificate(input, url, PAYPAL_CERTIFICATE, {
        content,
        hash: 'sha256',
        signature,
        time,
      });
      if (result.ok || result.code === 'timestamp_out_of_tolerance') return result;
    }
    return result;
  },
};

/** Anybody may write to other hosts of Amazon, such as `s3.amazonaws.com`. */
const SNS_CERTIFICATE =
  /^https:\/\/sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?\/SimpleNotificationService-[A-Za-z0-9]{1,80}\.pem$/;
const SNS_CONFIRMATION =
  /^https:\/\/sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?\/\?Action=ConfirmSubscription&[A-Za-z0-9=&%._~:-]+$/;

const SNS_FIELDS: Record<string, readonly string[]> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};
const SNS_HASHES: Record<string, Hash> = { 1: 'sha1', 2: 'sha256' };

function isOfTopic(json: Record<string, unknown>, { topicArns }: SchemeOptions): boolean {
  return topicArns === undefined || (typeof json.TopicArn === 'string' && topicArns.includes(json.TopicArn));
}

const snsWay: Way = {
  headers: [],
  credentials: [],
  signs: 'fields',
  needs(input) {
    const json = jsonOf(input.body);
    // Nothing is fetched for a message that is refused in any case.
    if (!isObject(json) || !isOfTopic(json, input.options)) return undefined;
    return neededCertificate(json.SigningCertURL, SNS_CERTIFICATE, input);
  },
  verify(input) {
    const json = jsonOf(input.body);
    if (!isObject(json)) return failed('signature_invalid', UNREADABLE);
    if (json.Signature === undefined)
      return failed('signature_missing', 'the body has no Signature; turn raw message delivery off');
    const hash = given(SNS_HASHES, scalar(json.SignatureVersion));
    if (!hash) return failed('signature_invalid', 'the SignatureVersion is not 1 or 2');
    const content = snsContent(json);
    if (content === undefined)
      return failed('signature_invalid', 'the body is no notification or confirmation of SNS');
    // Everybody with an account of Amazon can have messages of topics of their own signed.
    if (!isOfTopic(json, input.options))
      return failed('signature_invalid', "the TopicArn is not one of 'topicArns'");
    return verifyWithCertificate(input, json.SigningCertURL, SNS_CERTIFICATE, {
      content,
      hash,
      signature: json.Signature,
      time: json.Timestamp,
    });
  },
};

/** @returns undefined for a field that is missing, or is no text: two values might give one text */
function snsContent(json: Record<string, unknown>): string | undefined {
  const names = given(SNS_FIELDS, scalar(json.Type));
  let content = '';
  for (const name of names ?? []) {
    const value = json[name];
    if (name === 'Subject' && (value === undefined || value === null)) continue;
    if (typeof value !== 'string') return undefined;
    content += `${name}\n${value}\n`;
  }
  return content === '' ? undefined : content;
}

function snsConfirmation(json: unknown): string | undefined {
  if (!isObject(json) || json.Type !== 'SubscriptionConfirmation') return undefined;
  const { SubscribeURL: url, TopicArn: topic } = json;
  if (typeof url !== 'string' || !SNS_CONFIRMATION.test(url)) return undefined;
  return new URL(url).searchParams.get('TopicArn') === topic ? url : undefined;
}

/** eBay's key ids are UUIDs; what becomes a part of an address is held to that. */
const EBAY_KEY_ID = /^[0-9A-Za-z-]{1,80}$/;

interface EbaySignature {
  kid: string;
  signature: string;
}

function ebaySignature(header: string | undefined): EbaySignature | undefined {
  const bytes = decodeBase64(header ?? '');
  const json = bytes && parsed(Buffer.from(bytes).toString('latin1'));
  if (!isObject(json)) return undefined;
  const { alg, digest, kid, signature } = json;
  if (scalar(alg).toLowerCase() !== 'ecdsa' || digest !== 'SHA1') return undefined;
  if (typeof kid !== 'string' || !EBAY_KEY_ID.test(kid) || typeof signature !== 'string') return undefined;
  return { kid, signature };
}

const ebayWay: Way = {
  headers: ['x-ebay-signature'],
  credentials: ['x-ebay-signature'],
  needs({ header, options, secrets }) {
    const kid = ebaySignature(header('x-ebay-signature'))?.kid;
    if (kid === undefined || given(options.jwks, kid)) return undefined;
    const [id, secret] = pairOf(secrets[0] ?? '');
    const origin = `https://api.${options.sandbox ? 'sandbox.' : ''}ebay.com`;
    return {
      jwks: `${origin}/commerce/notification/v1/public_key/${kid}`,
      keyId: kid,
      clientCredentials: {
        tokenUrl: `${origin}/identity/v1/oauth2/token`,
        id,
        secret,
        scope: 'https://api.ebay.com/oauth/api_scope',
      },
    };
  },
  verify({ header, body, options }) {
    const value = header('x-ebay-signature');
    if (!value) return missingHeaders(['x-ebay-signature']);
    const found = ebaySignature(value);
    if (!found)
      return failed('signature_invalid', "the header 'x-ebay-signature' is no base64 of an ECDSA signature");
    const jwk = given(options.jwks, found.kid);
    if (!jwk) return failed('signature_invalid', `the key '${found.kid}' could not be had from eBay`);
    const key = keptJwk(jwk, 'ecdsa');
    if (typeof key === 'string')
      return failed('signature_invalid', `the key '${found.kid}' cannot be used: ${key}`);
    const bytes = decodeBase64(found.signature);
    return bytes && verifyBytes(key, body, 'sha1', bytes)
      ? OK
      : failed('signature_invalid', `the signature does not fit the raw body and the key '${found.kid}'`);
  },
};

const ebayChallenge: Handshake = ({ query, options, url }) => {
  const code = query.get('challenge_code');
  if (!code || options.verifyToken === undefined) return undefined;
  const hash = createHash('sha256');
  for (const part of [code, options.verifyToken, options.url ?? url]) hash.update(part);
  const body = JSON.stringify({ challengeResponse: hash.digest('hex') });
  return { status: 200, body, contentType: 'application/json' };
};

export const CERTIFICATE_SCHEMES = {
  paypal: scheme({
    ways: [paypalWay],
    key: textKey,
    caution: 'PayPal signs a CRC-32 of the body, which another body can have, too',
    eventId: ['body.id'],
    eventType: ['body.event_type'],
    docs: 'https://developer.paypal.com/api/rest/webhooks/rest/',
  }),
  'aws-sns': scheme({
    ways: [snsWay],
    key: textKey,
    secrets: 'none',
    eventId: ['body.MessageId'],
    eventType: ['body.Type'],
    confirm: snsConfirmation,
    docs: 'https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
  }),
  ebay: scheme({
    ways: [ebayWay],
    key: pairKey('client_id:client_secret'),
    eventId: ['body.notification.notificationId'],
    eventType: ['body.metadata.topic'],
    handshake: { methods: ['GET'], answer: ebayChallenge, needsToken: true },
    docs: 'https://developer.ebay.com/api-docs/commerce/notification/overview.html',
  }),
} satisfies Record<string, Scheme>;
