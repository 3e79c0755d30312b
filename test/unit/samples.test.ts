// Tests that each sample, signed as `surehook send` signs it, is taken for what its provider has sent.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { findEventId, findEventType } from '../../src/api/ingress/event-fields.ts';
import { splitBatch } from '../../src/api/ingress/split-batch.ts';
import { defaultSample, listSamples, sampleByName, sampleOfType } from '../../src/commands/choose-sample.ts';
import { buildSignedRequest, canSignFor, type SignedTestEvent } from '../../src/commands/signed-request.ts';
import type { SourceConfig } from '../../src/config/config.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { secretForm } from '../../src/config/make-secret.ts';
import type { Sample } from '../../src/samples/sample.ts';
import { SAMPLED_SCHEMES, samplesOf, typeOfSample } from '../../src/samples/samples-of.ts';
import {
  findScheme,
  headerReader,
  isWithoutSecret,
  SCHEME_NAMES,
  type SchemeName,
  verifySignature,
} from '../../src/signatures/index.ts';
import { load } from '../support/config-file.ts';

const PUBLIC_URL = 'https://hooks.example.com';
const SENT_TO = 'http://127.0.0.1:8080';

/** Senders of one's own, whose events have no shape that somebody has published. */
const GENERIC: readonly SchemeName[] = ['hmac', 'standard', 'svix'];
const PROVIDERS = SAMPLED_SCHEMES.filter((scheme) => !GENERIC.includes(scheme));
const ONLY_PROVIDER: readonly SchemeName[] = ['sendgrid', 'discord'];

// biome-ignore lint/suspicious/noExplicitAny: the bodies of thirty providers
type Received = { headers: Record<string, string>; json: any; own: Uint8Array };
const digest = ({ own }: Received) => createHash('sha256').update(own).digest('hex');
/** Joined as the ingress does, for parts without a colon. */
const joined = (...parts: unknown[]) => parts.join(':');

/** Where each provider says that the id of an event is. */
const ID_OF: Partial<Record<SchemeName, (event: Received) => unknown>> = {
  hmac: ({ json }) => json.event_id,
  standard: ({ headers }) => headers['webhook-id'],
  svix: ({ headers }) => headers['svix-id'],
  stripe: ({ json }) => json.id,
  github: ({ headers }) => headers['x-github-delivery'],
  gitlab: ({ headers }) => headers['webhook-id'],
  shopify: ({ headers }) => headers['x-shopify-webhook-id'],
  slack: ({ json }) => json.event_id ?? json.trigger_id,
  twilio: ({ headers }) => headers['i-twilio-idempotency-token'],
  sendgrid: ({ json }) => json[0].sg_event_id,
  mailgun: ({ json }) => json['event-data'].id,
  resend: ({ headers }) => headers['svix-id'],
  square: ({ json }) => json.event_id,
  paddle: ({ json }) => json.event_id,
  razorpay: ({ headers }) => headers['x-razorpay-event-id'],
  gocardless: ({ json }) => json.events[0].id,
  adyen: ({ json }) => {
    const { pspReference, eventCode, success } = json.notificationItems[0].NotificationRequestItem;
    return joined(pspReference, eventCode, success);
  },
  linear: ({ headers }) => headers['linear-delivery'],
  pagerduty: ({ json }) => json.event.id,
  clerk: ({ headers }) => headers['svix-id'],
  openai: ({ headers }) => headers['webhook-id'],
  whatsapp: ({ json }) => {
    const { messages, statuses } = json.entry[0].changes[0].value;
    return messages ? messages[0].id : joined(statuses[0].id, statuses[0].status);
  },
  meta: digest,
  discord: digest,
  zoom: digest,
  hubspot: ({ json }) => joined(json[0].eventId, json[0].subscriptionId),
  intercom: ({ json }) => json.id,
  typeform: ({ json }) => json.event_id,
  zendesk: ({ json }) => json.id,
  xero: digest,
};

let sources: ReadonlyMap<string, SourceConfig>;
const sourceOf = (scheme: SchemeName) => sources.get(scheme) as SourceConfig;

beforeAll(async () => {
  const spki = { type: 'spki', format: 'pem' } as const;
  const pem = (kind: 'ed25519' | 'rsa' | 'ec') =>
    (kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519')
    ).publicKey
      .export(spki)
      .toString()
      .trim();
  const given = [
    pem('ed25519'),
    pem('rsa'),
    pem('ec'),
    'an-id:of-the-provider-only',
    'an-id-of-the-provider',
  ];
  const env: Record<string, string> = { A: 'secret-of-a-0123456789', B: 'secret-of-b-0123456789' };
  const texts = SCHEME_NAMES.map((scheme) => {
    const name = `S_${scheme.toUpperCase().replaceAll('-', '_')}`;
    const form = secretForm(scheme);
    const usable = (text: string) => typeof findScheme(scheme).key(text) !== 'string';
    env[name] = form ? form(Buffer.alloc(32, 7)) : (given.find(usable) ?? '');
    const secrets = isWithoutSecret(scheme) ? '' : `, secrets: [secret('${name}')]`;
    const topics = scheme === 'aws-sns' ? ", topicArns: ['arn:aws:sns:eu-central-1:123456789012:t']" : '';
    return `'${scheme}': { verify: { scheme: '${scheme}'${secrets}${topics} } }`;
  });
  ({ sources } = await load({ sources: texts.join(', ') }, { env }));
});

function build(scheme: SchemeName, event: { sample?: Sample; id?: string; type?: string } = {}) {
  const path = `/webhooks/${scheme}`;
  return buildSignedRequest(sourceOf(scheme), {
    ...event,
    url: SENT_TO + path,
    signedUrl: PUBLIC_URL + path,
  });
}

/** Reads an event as the ingress does. */
function read(scheme: SchemeName, { headers, body }: Pick<SignedTestEvent, 'headers' | 'body'>) {
  const source = sourceOf(scheme);
  const [own = body, ...others] = source.batch.length > 0 ? (splitBatch(body, source.batch) ?? []) : [];
  expect(others).toEqual([]);
  const text = Buffer.from(own).toString();
  const payload =
    findScheme(scheme).payload?.({ header: headerReader(headers), body: own }) ??
    (headers['content-type'] === 'application/json'
      ? JSON.parse(text)
      : Object.fromEntries(new URLSearchParams(text)));
  const event = { headers, payload, rawBody: own };
  return {
    id: findEventId(source, event),
    type: findEventType(source, event),
    received: { headers, json: payload, own },
  };
}

function verdictOf(scheme: SchemeName, { headers, body, url }: SignedTestEvent) {
  const source = sourceOf(scheme);
  expect(url.startsWith(`${SENT_TO}/webhooks/${scheme}`)).toBe(true);
  return verifySignature({
    ...source.verify,
    secrets: source.verify.secrets.map((secret) => secret.reveal()),
    headers,
    rawBody: body,
    url: url.replace(SENT_TO, PUBLIC_URL),
  });
}

const ALL = SAMPLED_SCHEMES.flatMap((scheme) =>
  samplesOf(scheme).map((sample) => [scheme, sample.name, sample] as const),
);
const SIGNED = ALL.filter(([scheme]) => !ONLY_PROVIDER.includes(scheme));

describe('a sample', () => {
  it.each(SIGNED)("of %s, '%s', is verified, with the provider's id and type", (scheme, _name, sample) => {
    const request = build(scheme, { sample });
    expect(verdictOf(scheme, request)).toEqual({ ok: true });
    const { id, type, received } = read(scheme, request);
    expect(type).toBe(typeOfSample(sample));
    expect(id).toBe(ID_OF[scheme]?.(received));
    if (request.eventId !== undefined) expect(id).toBe(request.eventId);
    expect(read(scheme, build(scheme, { sample })).id).not.toBe(id);
  });

  it.each(ALL.filter(([scheme]) => ONLY_PROVIDER.includes(scheme)))(
    "of %s, '%s', has the provider's id and type, and only the provider can sign it",
    (scheme, _name, sample) => {
      const body = Buffer.from(JSON.stringify(sample.json));
      const { id, type, received } = read(scheme, { headers: { 'content-type': 'application/json' }, body });
      expect([id, type]).toEqual([ID_OF[scheme]?.(received), typeOfSample(sample)]);
      expect(() => build(scheme, { sample })).toThrow(
        new ConfigError(
          `only the provider can sign an event of the source '${scheme}': the scheme '${scheme}' has a private key that nobody else has`,
        ),
      );
    },
  );

  it('keeps its own id in the form that the provider has', () => {
    const [delivery] = samplesOf('github');
    const { headers } = build('github', { sample: delivery as Sample });
    expect(headers['x-github-delivery']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(headers['x-github-event']).toBe('push');
    expect(build('stripe', { sample: sampleByName(sourceOf('stripe'), 'invoice.paid') }).eventId).toMatch(
      /^evt_[0-9A-Za-z]{24}$/,
    );
    expect(build('hubspot', { sample: samplesOf('hubspot')[0] as Sample }).body.toString()).toMatch(
      /"eventId":[1-9]\d{9},/,
    );
  });

  it('gets an id that no other event has, however short the one is that the source has in its sample', () => {
    const ids = ['a1', 7].flatMap((id) => {
      const sample = { name: 'own', json: { event_id: id } };
      return Array.from({ length: 50 }, () => build('hmac', { sample }).eventId);
    });
    expect(new Set(ids).size).toBe(100);
    expect(ids[0]).toMatch(/^a1-[0-9a-f]{16}$/);
    expect(ids[99]).toMatch(/^[1-9]\d{9}$/);
  });

  it.each(SIGNED.filter(([scheme]) => !['zoom', 'xero', 'meta', 'hubspot', 'adyen'].includes(scheme)))(
    'of %s takes a given id, %s',
    (scheme, name, sample) => {
      const call = () => build(scheme, { sample, id: 'evt_given' });
      if (name === 'messages (status)') {
        expect(call).toThrow(
          '--id: the id of this event is made of body.entry.0.changes.0.value.messages.0.id',
        );
        return;
      }
      const request = call();
      expect(verdictOf(scheme, request)).toEqual({ ok: true });
      expect(read(scheme, request).id).toBe('evt_given');
    },
  );

  it.each([
    ['stripe', 'invoice.voided'],
    ['github', 'fork'],
    ['twilio', 'undelivered'],
    ['gocardless', 'payouts:paid'],
    ['xero', 'CONTACT:UPDATE'],
    ['adyen', 'CHARGEBACK'],
    ['hubspot', 'deal.creation'],
  ] as const)('of %s takes a given type, %s', (scheme, type) => {
    const request = build(scheme, { sample: samplesOf(scheme)[0] as Sample, type });
    expect(verdictOf(scheme, request)).toEqual({ ok: true });
    expect(read(scheme, request).type).toBe(type);
  });

  it('refuses an id or a type that has no place', () => {
    const [xero, zoom] = [samplesOf('xero')[0] as Sample, samplesOf('zoom')[0] as Sample];
    expect(() => build('zoom', { sample: zoom, id: 'a' })).toThrow(
      '--id: the id of this event is made of { digest: [body] }; change the body, and send it with --file',
    );
    expect(() => build('xero', { sample: xero, type: 'a' })).toThrow(
      "write its 2 parts with ':' between them",
    );
    expect(() => build('telegram', { type: 'a' })).toThrow(
      "--type: the events of the source 'telegram' have no type",
    );
  });

  it('has no secret, no address of anybody, and no more bytes than a provider sends', () => {
    for (const [scheme, name, { json, form, headers }] of ALL) {
      const text = JSON.stringify([json, form, headers]);
      expect(text.length, `${scheme} ${name}`).toBeLessThan(16_384);
      expect(text).not.toMatch(/whsec_|sk_live|sk_test|xox[abp]-|ghp_|hooks\.slack|BEGIN [A-Z ]*KEY/);
      for (const [, host] of text.matchAll(/[\w.+-]+@([\w.-]+\.[a-z]+)/g)) {
        expect(host, `${scheme} ${name}`).toMatch(/(^|\.)(example\.com|github\.com)$/);
      }
    }
  });

  it('has a name of its own, and each provider has three or more', () => {
    for (const scheme of SAMPLED_SCHEMES) {
      const names = samplesOf(scheme).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.length).toBeGreaterThanOrEqual(GENERIC.includes(scheme) ? 1 : 3);
    }
    expect(PROVIDERS.length).toBeGreaterThan(20);
    expect(Object.keys(ID_OF).sort()).toEqual([...SAMPLED_SCHEMES].sort());
  });
});

describe('an event that is made up', () => {
  const signable = SCHEME_NAMES.filter((scheme) => secretForm(scheme) !== undefined && scheme !== 'aws-sns');

  it.each(signable)('of %s is verified, and another one has another id', (scheme) => {
    const requests = [build(scheme), build(scheme)];
    const ids = requests.map((request) => {
      expect(verdictOf(scheme, request)).toEqual({ ok: true });
      return read(scheme, request).id;
    });
    // What Braintree and Dropbox Sign sign is made when they sign: the time, to the second.
    if (!['braintree', 'dropbox-sign'].includes(scheme)) expect(ids[0]).not.toBe(ids[1]);
  });

  it('can be signed for every source whose key is not of the provider alone', () => {
    const others = SCHEME_NAMES.filter((scheme) => !canSignFor(sourceOf(scheme)));
    expect(others.filter((scheme) => signable.includes(scheme))).toEqual([]);
    expect(others).toEqual(
      expect.arrayContaining([
        'sendgrid',
        'discord',
        'telnyx',
        'wise',
        'paypal',
        'plaid',
        'ebay',
        'aws-sns',
        'wix',
      ]),
    );
  });
});

describe('the choice of a sample', () => {
  it('falls on the first with whose type the source does something of its own', async () => {
    const verify = "verify: { scheme: 'stripe', secrets: [secret('A')] }";
    const { sources: some } = await load({
      sources: `
        plain: { ${verify} },
        all: { ${verify}, handlers: { '*': async () => undefined } },
        handled: { ${verify}, handlers: { 'customer.*': async () => undefined } },
        forwarded: { ${verify}, forwardTo: { 'payment_intent.succeeded': ['billing'] } },
        unknown: { ${verify}, handlers: { 'charge.failed': async () => undefined } }`,
    });
    const chosen = ['plain', 'all', 'handled', 'forwarded', 'unknown'].map(
      (name) => defaultSample(some.get(name) as SourceConfig)?.name,
    );
    const first = 'invoice.paid';
    expect(chosen).toEqual([
      first,
      first,
      'customer.subscription.updated',
      'payment_intent.succeeded',
      first,
    ]);
    expect(defaultSample(sourceOf('telegram'))).toBeUndefined();
  });

  it("falls on the source's own sample, whose id and type stand where the source looks", async () => {
    const { sources: some } = await load({
      sources: `
        shop: {
          verify: { scheme: 'hmac', secrets: [secret('A')] },
          schema: z.object({ data: z.object({ order_id: z.string() }) }),
          sample: { data: { order_id: 'A-17' } },
        },
        hub: { verify: { scheme: 'github', secrets: [secret('A')] }, sample: { ref: 'refs/heads/main' } }`,
    });
    const [shop, hub] = ['shop', 'hub'].map((name) => some.get(name) as SourceConfig) as [
      SourceConfig,
      SourceConfig,
    ];
    const { body, eventId } = buildSignedRequest(shop, { sample: defaultSample(shop) as Sample });
    expect(JSON.parse(body.toString())).toEqual({
      data: { order_id: 'A-17' },
      event_id: eventId,
      type: 'test.created',
    });
    const other = sampleOfType(shop, 'order.paid') as Sample;
    const typed = buildSignedRequest(shop, { sample: other, type: 'order.paid' });
    expect(JSON.parse(typed.body.toString())).toMatchObject({
      data: { order_id: 'A-17' },
      type: 'order.paid',
    });
    const push = buildSignedRequest(hub, { sample: sampleByName(hub, 'own') });
    expect(push.headers).toMatchObject({ 'x-github-event': 'push', 'x-github-delivery': push.eventId });
    expect(push.body.toString()).toBe('{"ref":"refs/heads/main"}');
    expect(listSamples(shop).split('\n').slice(1)).toEqual([
      'own           test.created  application/json  28 bytes',
      'test.created  test.created  application/json  26 bytes',
    ]);
  });

  it('goes by name or by type, and names what there is', () => {
    expect(sampleOfType(sourceOf('github'), 'issues')?.name).toBe('issues');
    expect(sampleOfType(sourceOf('whatsapp'), 'whatsapp_business_account:messages')?.name).toBe(
      'messages (text)',
    );
    expect(sampleOfType(sourceOf('github'), 'fork')).toBeUndefined();
    expect(() => sampleByName(sourceOf('linear'), 'issue')).toThrow(
      "--sample: the scheme 'linear' has no sample 'issue'; it has: 'Issue', 'Comment', 'Project'",
    );
    expect(() => sampleByName(sourceOf('telegram'), 'a')).toThrow(
      "--sample: the scheme 'telegram' has no samples; send a body of your own with --file",
    );
  });

  it('is listed, one line each, or as JSON with headers and bodies', () => {
    expect(listSamples(sourceOf('linear')).split('\n')[1]).toMatch(
      /^Issue {4}Issue {4}application\/json {2}\d+ bytes$/,
    );
    const [, , , command] = JSON.parse(listSamples(sourceOf('slack'), true));
    expect(command).toMatchObject({
      name: '/deploy',
      type: '/deploy',
      content_type: 'application/x-www-form-urlencoded',
      headers: {},
      body: expect.stringContaining('command=%2Fdeploy&text=api+to+staging'),
    });
    expect(listSamples(sourceOf('telegram'))).toContain('has no samples');
  });
});
