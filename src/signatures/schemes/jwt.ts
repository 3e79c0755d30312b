// Schemes whose signature is a JSON Web Token.
import { pairKey, pairOf } from '../equal.ts';
import { parsed, textOf } from '../fields.ts';
import { jsonAnswer, textIn } from '../handshakes.ts';
import { claimsOf, jwt } from '../jwt.ts';
import { publicKeyForm, textKey } from '../keys.ts';
import { isObject } from '../provider-keys.ts';
import { type Handshake, type Scheme, type SchemeOptions, scheme } from '../scheme.ts';

/** monday sends it once, when a webhook is made, and not always with a token. Nothing else is in such a body. */
const echo: Handshake = ({ json }) => {
  const challenge = textIn(json, 'challenge');
  return challenge !== undefined && Object.keys(json as object).length === 1
    ? jsonAnswer({ challenge })
    : undefined;
};

const GEMINI_KEYS = 'https://generativelanguage.googleapis.com/.well-known/jwks.json';

const plaidHost = ({ sandbox }: SchemeOptions) => (sandbox ? 'sandbox.plaid.com' : 'production.plaid.com');

/** Wix has texts of JSON in the claims of its token. */
function wixEvent(body: Uint8Array): unknown {
  const data = claimsOf(textOf(body) ?? '')?.data;
  const event = typeof data === 'string' ? parsed(data) : data;
  if (!isObject(event)) return undefined;
  const read = (value: unknown) => (typeof value === 'string' ? (parsed(value) ?? value) : value);
  return { ...event, data: read(event.data), identity: read(event.identity) };
}

export const JWT_SCHEMES = {
  qstash: scheme({
    ways: [
      jwt({
        in: { header: 'upstash-signature' },
        algorithm: 'HS256',
        issuer: 'Upstash',
        url: 'sub',
        bodyHash: { claim: 'body', encoding: 'base64url' },
        required: ['exp'],
      }),
    ],
    key: textKey,
    // A retry has a new token with a new `jti`, and keeps this id.
    eventId: ['header.upstash-message-id', { digest: ['body'] }],
    eventType: ['body.type'],
    docs: 'https://upstash.com/docs/qstash/howto/signature',
  }),
  livekit: scheme({
    ways: [
      jwt({
        in: { header: 'authorization', bearer: 'optional' },
        algorithm: 'HS256',
        bodyHash: { claim: 'sha256', encoding: 'base64' },
        required: ['exp'],
      }),
    ],
    key: textKey,
    eventId: ['body.id'],
    eventType: ['body.event'],
    docs: 'https://docs.livekit.io/home/server/webhooks/',
  }),
  vonage: scheme({
    ways: [
      jwt({
        in: { header: 'authorization', bearer: 'required' },
        algorithm: 'HS256',
        issuer: 'Vonage',
        bodyHash: { claim: 'payload_hash', encoding: 'hex' },
        required: ['iat'],
        maxAgeSeconds: 300,
      }),
    ],
    key: textKey,
    eventId: [{ digest: ['body'] }],
    eventType: ['body.status', 'body.event_type', 'body.type'],
    docs: 'https://developer.vonage.com/en/getting-started/concepts/webhooks#decoding-signed-webhooks',
  }),
  netlify: scheme({
    ways: [
      jwt({
        in: { header: 'x-webhook-signature' },
        algorithm: 'HS256',
        issuer: 'netlify',
        bodyHash: { claim: 'sha256', encoding: 'hex' },
      }),
    ],
    key: textKey,
    eventId: [{ digest: ['body'] }],
    eventType: ['header.x-netlify-event', 'body.state'],
    docs: 'https://docs.netlify.com/deploy/deploy-notifications/#payload-signature',
  }),
  monday: scheme({
    ways: [
      jwt({
        in: { header: 'authorization', bearer: 'optional' },
        algorithm: 'HS256',
        url: 'aud',
        required: ['exp'],
      }),
    ],
    key: textKey,
    eventId: ['body.event.triggerUuid'],
    eventType: ['body.event.type'],
    handshake: { methods: ['POST'], answer: echo },
    docs: 'https://developer.monday.com/apps/docs/authorization-header',
  }),
  wix: scheme({
    ways: [jwt({ in: 'body', algorithm: 'RS256', required: ['exp'] })],
    key: publicKeyForm('rsa'),
    payload: ({ body }) => wixEvent(body),
    // Events of the old form have no id of their own: theirs would be that of what they are about.
    eventId: [{ join: ['body.data.entityFqdn', 'body.data.id'] }, { digest: ['body'] }],
    eventType: ['body.eventType'],
    docs: 'https://dev.wix.com/docs/build-apps/develop-your-app/extensions/backend-extensions/webhooks/handle-events-with-webhooks',
  }),
  'gemini-dynamic': scheme({
    ways: [
      jwt({
        in: { header: 'webhook-signature' },
        algorithm: 'RS256',
        // Everybody with a project at Google gets tokens that are signed with these keys.
        audience: 'secret',
        required: ['exp'],
        keys: (keyId) => ({ jwks: GEMINI_KEYS, keyId }),
      }),
    ],
    key: textKey,
    eventId: ['header.webhook-id', { digest: ['body'] }],
    eventType: ['body.type'],
    docs: 'https://ai.google.dev/gemini-api/docs/webhooks',
  }),
  plaid: scheme({
    ways: [
      jwt({
        in: { header: 'plaid-verification' },
        algorithm: 'ES256',
        bodyHash: { claim: 'request_body_sha256', encoding: 'hex' },
        required: ['iat'],
        maxAgeSeconds: 300,
        keys: (keyId, { options, secrets }) => {
          const [id, secret] = pairOf(secrets[0] ?? '');
          return {
            jwks: `https://${plaidHost(options)}/webhook_verification_key/get`,
            keyId,
            json: { client_id: id, secret, key_id: keyId },
          };
        },
      }),
    ],
    key: pairKey('client_id:secret'),
    eventId: [{ digest: ['body'] }],
    eventType: [{ join: ['body.webhook_type', 'body.webhook_code'] }],
    docs: 'https://plaid.com/docs/api/webhooks/webhook-verification/',
  }),
} satisfies Record<string, Scheme>;
