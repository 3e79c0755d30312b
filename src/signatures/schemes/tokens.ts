// Schemes whose requests carry the secret itself: nothing of their content is signed.
import { basic, equal, pairKey } from '../equal.ts';
import { at } from '../fields.ts';
import { EMPTY_200, echoText, hubChallenge, jsonAnswer, textIn } from '../handshakes.ts';
import { standardKey, textKey } from '../keys.ts';
import { type Handshake, type Scheme, scheme, type Way } from '../scheme.ts';
import { failed } from '../verdicts.ts';
import { standardWay } from './generic.ts';

const DIGEST = { digest: ['body'] } as const;

/** Names for the secret in a URL that the user of the provider has chosen. CloudEvents asks for the last. */
const IN_URL = equal({ query: ['secret', 'token', 'code', 'access_token'] });
const BEARER = equal({ header: 'authorization', bearer: true });

const signingToken = standardWay('webhook');
const gitlabToken = equal({ header: 'x-gitlab-token' });

/** GitLab sends both where both are configured, and the source may have either as its secret. */
const gitlabWay: Way = {
  ...signingToken,
  // An id without a signature is sent, too.
  headers: ['webhook-signature'],
  verify(input) {
    const [signature, token] = [input.header('webhook-signature'), input.header('x-gitlab-token')];
    if (!signature && !token)
      return failed(
        'signature_missing',
        "the headers 'x-gitlab-token' and 'webhook-signature' are missing or empty",
      );
    const verdict = token ? gitlabToken.verify(input) : undefined;
    return verdict && (verdict.ok || !signature) ? verdict : signingToken.verify(input);
  },
  sign: (input) =>
    (input.secret.startsWith('whsec_') ? signingToken : gitlabToken).sign?.(input) ?? { headers: {} },
};

const oktaChallenge: Handshake = ({ header }) => {
  const verification = echoText(header('x-okta-verification-challenge'))?.body;
  return verification ? jsonAnswer({ verification }) : undefined;
};

const graphChallenge: Handshake = ({ query }) => echoText(query.get('validationToken') || undefined);

const azureChallenge: Handshake = ({ json: events }) => {
  const event = Array.isArray(events) && events.length === 1 ? events[0] : undefined;
  if (at(event, 'eventType') !== 'Microsoft.EventGrid.SubscriptionValidationEvent') return undefined;
  const validationResponse = textIn(at(event, 'data'), 'validationCode');
  return validationResponse === undefined ? undefined : jsonAnswer({ validationResponse });
};

/** https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection */
const cloudEventsOptions: Handshake = ({ header }) => {
  const origin = header('webhook-request-origin');
  if (!origin || !/^[\x21-\x7e]{1,255}$/.test(origin)) return undefined;
  return {
    status: 200,
    body: '',
    headers: { allow: 'POST', 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' },
  };
};

const stravaChallenge: Handshake = (request) => {
  const challenge = hubChallenge(request)?.body;
  return challenge === undefined ? undefined : jsonAnswer({ 'hub.challenge': challenge });
};

const token = (header: string, row: Omit<Scheme, 'ways' | 'key'>): Scheme =>
  scheme({ ways: [equal({ header })], key: textKey, ...row });

const withBasic = (row: Omit<Scheme, 'ways' | 'key'>): Scheme =>
  scheme({ ways: [basic], key: pairKey('user:password'), ...row });

/** Graph's ids are of what has changed; the same thing changes often. */
const GRAPH = {
  ways: [equal({ list: 'value', key: 'clientState' })],
  key: textKey,
  batch: 'value',
  eventId: [DIGEST],
  handshake: { methods: ['POST'], answer: graphChallenge },
} satisfies Partial<Scheme>;

const CLOUD_EVENTS_OPTIONS = {
  methods: ['OPTIONS'],
  answer: cloudEventsOptions,
} satisfies Scheme['handshake'];

export const TOKEN_SCHEMES = {
  gitlab: scheme({
    ways: [gitlabWay, gitlabToken],
    key: standardKey,
    eventId: [
      'header.webhook-id',
      'header.idempotency-key',
      // Of a GitLab that has neither. Webhooks that one event has set off share the UUID.
      { digest: ['header.x-gitlab-event-uuid', 'header.x-gitlab-event', 'body'] },
    ],
    eventType: ['header.x-gitlab-event'],
    docs: 'https://docs.gitlab.com/user/project/integrations/webhooks/',
  }),
  telegram: token('x-telegram-bot-api-secret-token', {
    eventId: ['body.update_id'],
    eventType: [],
    docs: 'https://core.telegram.org/bots/api#setwebhook',
  }),
  'hugging-face': token('x-webhook-secret', {
    eventId: [DIGEST],
    eventType: [{ join: ['body.event.scope', 'body.event.action'] }],
    docs: 'https://huggingface.co/docs/hub/webhooks',
  }),
  okta: token('authorization', {
    batch: 'data.events',
    eventId: ['body.data.events.0.uuid'],
    eventType: ['body.data.events.0.eventType'],
    answer: { status: 200 },
    handshake: { methods: ['GET'], answer: oktaChallenge },
    docs: 'https://developer.okta.com/docs/concepts/event-hooks/',
  }),
  auth0: scheme({
    ways: [BEARER],
    key: textKey,
    batch: '',
    eventId: ['body.0.log_id', 'body.log_id', DIGEST],
    eventType: ['body.0.data.type', 'body.data.type', 'body.type'],
    docs: 'https://auth0.com/docs/customize/log-streams/custom-log-streams',
  }),
  cloudflare: token('cf-webhook-auth', {
    eventId: [DIGEST],
    eventType: ['body.alert_type'],
    docs: 'https://developers.cloudflare.com/notifications/get-started/configure-webhooks/',
  }),
  pipedrive: withBasic({
    // The body counts its own attempts. The id of the older version is that of what has changed, and so its time is added.
    eventId: [
      { join: ['body.meta.entity', 'body.meta.id'] },
      { join: ['body.event', 'body.meta.id', 'body.meta.timestamp_micro', 'body.meta.webhook_id'] },
      DIGEST,
    ],
    eventType: [{ join: ['body.meta.entity', 'body.meta.action'] }, 'body.event'],
    docs: 'https://pipedrive.readme.io/docs/guide-for-webhooks-v2',
  }),
  postmark: withBasic({
    eventId: [DIGEST],
    eventType: ['body.RecordType'],
    answer: { status: 200 },
    docs: 'https://postmarkapp.com/developer/webhooks/webhooks-overview',
  }),
  chargebee: withBasic({
    eventId: ['body.id', DIGEST],
    eventType: ['body.event_type'],
    docs: 'https://www.chargebee.com/docs/2.0/webhook_settings.html',
  }),
  mailchimp: scheme({
    ways: [IN_URL],
    key: textKey,
    eventId: [DIGEST],
    eventType: ['body.type'],
    handshake: { methods: ['GET', 'HEAD'], answer: () => EMPTY_200 },
    docs: 'https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/',
  }),
  'ms-graph': scheme({
    ...GRAPH,
    eventType: ['body.value.0.changeType', 'body.value.0.lifecycleEvent'],
    docs: 'https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks',
  }),
  sharepoint: scheme({
    ...GRAPH,
    eventType: ['body.value.0.changeType'],
    docs: 'https://learn.microsoft.com/en-us/sharepoint/dev/apis/webhooks/overview-sharepoint-webhooks',
  }),
  'azure-event-grid': scheme({
    ways: [IN_URL, BEARER],
    key: textKey,
    batch: '',
    eventId: ['body.0.id', { join: ['body.source', 'body.id'] }],
    eventType: ['body.0.eventType', 'body.0.type', 'body.type'],
    handshake: CLOUD_EVENTS_OPTIONS,
    challenge: azureChallenge,
    docs: 'https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema',
  }),
  cloudevents: scheme({
    ways: [IN_URL, BEARER],
    key: textKey,
    batch: '',
    eventId: [
      { join: ['header.ce-source', 'header.ce-id'] },
      { join: ['body.source', 'body.id'] },
      { join: ['body.0.source', 'body.0.id'] },
    ],
    eventType: ['header.ce-type', 'body.type', 'body.0.type'],
    handshake: CLOUD_EVENTS_OPTIONS,
    docs: 'https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md',
  }),
  strava: scheme({
    // Strava signs nothing. Whoever subscribes chooses the URL, so a secret can stand in it.
    ways: [IN_URL],
    key: textKey,
    eventId: [DIGEST],
    eventType: [{ join: ['body.object_type', 'body.aspect_type'] }],
    answer: { status: 200 },
    handshake: { methods: ['GET'], answer: stravaChallenge, needsToken: true },
    docs: 'https://developers.strava.com/docs/webhooks/',
  }),
} satisfies Record<string, Scheme>;
