// Schemes that sign the URL, or fields of the body, in a way of their own.
import {
  adyenWay,
  braintreeMac,
  braintreeWay,
  braintreeXml,
  dropboxSignEvent,
  dropboxSignWay,
  mailgunWay,
} from '../body-ways.ts';
import { pairKey, pairOf } from '../equal.ts';
import { formOf, only } from '../fields.ts';
import { plivoWay, twilioWay } from '../form-ways.ts';
import { hexKey, textKey } from '../keys.ts';
import { type Handshake, type Scheme, scheme } from '../scheme.ts';
import { signed } from '../signed.ts';
import { contentfulWay, hubspotWay } from '../whole-request.ts';

const braintreeChallenge: Handshake = ({ query, secrets }) => {
  const challenge = query.get('bt_challenge');
  const [secret] = secrets;
  if (challenge === null || secret === undefined || !/^[a-f0-9]{20,32}$/.test(challenge)) return undefined;
  const body = `${pairOf(secret)[0]}|${braintreeMac(secret, challenge)}`;
  return { status: 200, body, contentType: 'text/plain' };
};

/** Reads no XML but the kind of the notification, which stands before its subject. */
function braintreeEvent(body: Uint8Array): unknown {
  const payload = only(formOf(body), 'bt_payload');
  const xml = braintreeXml(payload);
  if (xml === undefined) return undefined;
  const [, kind] = /<kind>([a-z0-9_]+)<\/kind>/.exec(xml) ?? [];
  return { ...(kind === undefined ? {} : { kind }), bt_payload: payload, xml };
}

const ADYEN_ITEM = 'body.notificationItems.0.NotificationRequestItem';

export const FORM_SCHEMES = {
  twilio: scheme({
    ways: [twilioWay],
    key: textKey,
    eventId: [
      'header.i-twilio-idempotency-token',
      { join: ['body.MessageSid', 'body.MessageStatus'] },
      { join: ['body.MessageSid', 'body.SmsStatus'] },
      { join: ['body.CallSid', 'body.CallStatus'] },
      { digest: ['body'] },
    ],
    eventType: ['body.MessageStatus', 'body.SmsStatus', 'body.CallStatus', 'body.EventType'],
    // Twilio plays and sends what it reads here: a receipt in JSON would be its error 12300.
    answer: { status: 200, body: '<Response/>', contentType: 'text/xml' },
    docs: 'https://www.twilio.com/docs/usage/webhooks/webhooks-security',
  }),
  hubspot: scheme({
    ways: [hubspotWay],
    key: textKey,
    batch: '',
    eventId: [{ join: ['body.0.eventId', 'body.0.subscriptionId'] }, { digest: ['body'] }],
    eventType: ['body.0.subscriptionType'],
    docs: 'https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests',
  }),
  contentful: scheme({
    ways: [contentfulWay],
    key: textKey,
    eventId: ['header.x-contentful-idempotency-key', { digest: ['body'] }],
    eventType: ['header.x-contentful-topic'],
    docs: 'https://www.contentful.com/developers/docs/webhooks/request-verification/',
  }),
  plivo: scheme({
    ways: [plivoWay],
    key: textKey,
    eventId: [{ digest: ['body'] }],
    eventType: ['body.Event', 'body.Status', 'body.CallStatus'],
    docs: 'https://www.plivo.com/docs/messaging/concepts/signature-validation',
  }),
  braintree: scheme({
    ways: [braintreeWay],
    key: pairKey('public_key:private_key'),
    payload: ({ body }) => braintreeEvent(body),
    eventId: [{ digest: ['body.bt_payload'] }],
    eventType: ['body.kind'],
    handshake: { methods: ['GET'], answer: braintreeChallenge },
    docs: 'https://developer.paypal.com/braintree/docs/guides/webhooks/parse',
  }),
  mailgun: scheme({
    ways: [mailgunWay],
    key: textKey,
    caution: 'Mailgun signs a time and a token, and nothing of the event',
    eventId: ['body.event-data.id'],
    eventType: ['body.event-data.event'],
    answer: { status: 200 },
    docs: 'https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks',
  }),
  'dropbox-sign': scheme({
    ways: [dropboxSignWay],
    caution: 'Dropbox Sign signs the time and the type of the event, and nothing else of it',
    key: textKey,
    payload: dropboxSignEvent,
    eventId: ['body.event.event_hash'],
    eventType: ['body.event.event_type'],
    answer: { status: 200, body: 'Hello API Event Received', contentType: 'text/plain' },
    docs: 'https://developers.hellosign.com/docs/events/walkthrough/',
  }),
  adyen: scheme({
    ways: [
      adyenWay,
      // Webhooks of the balance platform are signed as a whole.
      signed({ header: 'hmacsignature', encoding: 'base64' }),
    ],
    key: hexKey,
    batch: 'notificationItems',
    eventId: [
      { join: [`${ADYEN_ITEM}.pspReference`, `${ADYEN_ITEM}.eventCode`, `${ADYEN_ITEM}.success`] },
      { digest: ['body'] },
    ],
    eventType: [`${ADYEN_ITEM}.eventCode`, 'body.type'],
    docs: 'https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures',
  }),
} satisfies Record<string, Scheme>;
