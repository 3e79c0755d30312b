// Schemes that sign with a private key whose public half the source has as its secret.
import { ed25519Key, publicKeyForm } from '../keys.ts';
import { type Handshake, type Scheme, scheme } from '../scheme.ts';
import { signed } from '../signed.ts';

/** Discord refuses an application whose endpoint does not answer its pings. Events of webhooks have the type 1, too. */
const pong: Handshake = ({ json }) => {
  const { type, event } = (json ?? {}) as Record<string, unknown>;
  if (type === 0) return { status: 204, body: '', contentType: 'application/json' };
  if (type !== 1 || event !== undefined) return undefined;
  return { status: 200, body: '{"type":1}', contentType: 'application/json' };
};

export const PUBLIC_KEY_SCHEMES = {
  discord: scheme({
    ways: [
      signed({
        header: 'x-signature-ed25519',
        encoding: 'hex',
        signed: '{timestamp}{body}',
        // Time and body have no border. Only digits that are a recent time keep one from taking a byte of the other.
        time: { header: 'x-signature-timestamp', unit: 's' },
      }),
    ],
    key: ed25519Key('hex'),
    // Only interactions have an id.
    eventId: ['body.id', { digest: ['body'] }],
    eventType: ['body.event.type', 'body.data.name'],
    answer: { status: 204 },
    challenge: pong,
    docs: 'https://discord.com/developers/docs/events/webhook-events',
  }),
  telnyx: scheme({
    ways: [
      signed({
        header: 'telnyx-signature-ed25519',
        encoding: 'base64',
        signed: '{timestamp}|{body}',
        time: { header: 'telnyx-timestamp', unit: 's', toleranceSeconds: 300 },
      }),
    ],
    key: ed25519Key('base64'),
    eventId: ['body.data.id'],
    eventType: ['body.data.event_type'],
    docs: 'https://developers.telnyx.com/docs/development/api-fundamentals/webhooks/receiving-webhooks',
  }),
  sendgrid: scheme({
    ways: [
      signed({
        header: 'x-twilio-email-event-webhook-signature',
        encoding: 'base64',
        signed: '{timestamp}{body}',
        time: { header: 'x-twilio-email-event-webhook-timestamp', unit: 's' },
      }),
    ],
    key: publicKeyForm('ecdsa'),
    batch: '',
    eventId: ['body.0.sg_event_id'],
    eventType: ['body.0.event'],
    docs: 'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  }),
  wise: scheme({
    ways: [signed({ header: 'x-signature-sha256', encoding: 'base64' })],
    key: publicKeyForm('rsa'),
    eventId: [{ digest: ['body'] }],
    eventType: ['body.event_type'],
    docs: 'https://docs.wise.com/guides/developer/webhooks/event-handling',
  }),
} satisfies Record<string, Scheme>;
