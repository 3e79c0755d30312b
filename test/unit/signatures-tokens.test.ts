// Tests the schemes whose requests carry the secret itself, and what is answered to a provider that asks for an address.
import { describe, expect, it } from 'vitest';
import {
  findScheme,
  type HandshakeRequest,
  type SchemeName,
  signRequest,
  signWebhook,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';
import { NOW, text, URL_OF } from '../support/other-schemes.ts';

const SECRET = 'a secret token';
type More = Partial<VerifyOptions> & { headers?: Record<string, string>; rawBody?: Uint8Array; url?: string };

function check(scheme: SchemeName, more: More): string {
  const empty = { headers: {}, rawBody: text({}), url: URL_OF };
  const result = verifySignature({ scheme, secrets: [SECRET], now: NOW, ...empty, ...more });
  return result.ok ? 'ok' : `${result.code}: ${result.detail}`;
}

function ask(
  scheme: SchemeName,
  kind: 'handshake' | 'challenge',
  more: Partial<HandshakeRequest> & { search?: string },
) {
  const { handshake, challenge } = findScheme(scheme);
  const answer = kind === 'handshake' ? handshake?.answer : challenge;
  return answer?.({
    method: 'GET',
    query: new URLSearchParams(more.search ?? ''),
    header: () => undefined,
    body: Buffer.from(''),
    json: undefined,
    secrets: [SECRET],
    options: {},
    url: URL_OF,
    ...more,
  });
}

const headerOf = (name: string, value: string) => (wanted: string) => (wanted === name ? value : undefined);

describe('a secret in a header', () => {
  it.each([
    ['telegram', 'x-telegram-bot-api-secret-token'],
    ['hugging-face', 'x-webhook-secret'],
    ['okta', 'authorization'],
    ['cloudflare', 'cf-webhook-auth'],
    ['gitlab', 'x-gitlab-token'],
  ] as const)('of %s is the whole secret, to the letter', (scheme, header) => {
    expect(check(scheme, { headers: { [header]: SECRET } })).toBe('ok');
    for (const other of [
      `${SECRET}x`,
      SECRET.slice(1),
      SECRET.toUpperCase(),
      `${SECRET}, ${SECRET}`,
      `Bearer ${SECRET}`,
    ])
      expect(check(scheme, { headers: { [header]: other } })).toMatch(/^signature_invalid/);
    expect(check(scheme, {})).toMatch(/^signature_missing/);
  });

  it('may stand behind the word Bearer, or have it in itself', () => {
    for (const value of [SECRET, `Bearer ${SECRET}`, `bearer ${SECRET}`])
      expect(check('auth0', { headers: { authorization: value } })).toBe('ok');
    const headers = { authorization: 'Bearer abc' };
    expect(check('auth0', { headers, secrets: ['Bearer abc'] })).toBe('ok');
    expect(check('auth0', { headers, secrets: ['abc'] })).toBe('ok');
    expect(check('auth0', { headers: { authorization: `Basic ${SECRET}` } })).toMatch(/^signature_invalid/);
  });
});

describe('user and password', () => {
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const secrets = ['üser:pass:word'];

  it('are compared as a whole', () => {
    expect(check('postmark', { headers: basic('üser:pass:word'), secrets })).toBe('ok');
    for (const other of ['üser:pass', 'üser', 'user:pass:word', 'üser:pass:word ', ''])
      expect(check('postmark', { headers: basic(other), secrets })).toMatch(/^signature_invalid/);
    expect(check('postmark', { headers: { authorization: 'Bearer x' }, secrets })).toMatch(
      /'Basic <base64>'/,
    );
  });

  it('are both asked for', () => {
    for (const half of ['user', 'user:', ':password'])
      expect(() => check('postmark', { secrets: [half] })).toThrow(/'user:password'/);
  });
});

describe('a secret in the URL', () => {
  const at = (search: string) => check('mailchimp', { url: `${URL_OF}${search}` });

  it('is found under each of its names, once', () => {
    for (const name of ['secret', 'token', 'code', 'access_token'])
      expect(at(`?x=1&${name}=a+secret%20token`)).toBe('ok');
    expect(at('?secret=a')).toMatch(/^signature_invalid/);
    expect(at('?secret=a+secret+token&secret=b')).toMatch(/more than once/);
    expect(at('?other=a+secret+token')).toMatch(/^signature_missing/);
    for (const search of ['', '?', '?secret=', '?secret', '?secret=%', '#secret=a+secret+token'])
      expect(at(search), search).toMatch(/^signature_missing/);
  });

  it('is enough of a URL', () => {
    expect(check('mailchimp', { url: '?secret=a+secret+token' })).toBe('ok');
    expect(check('strava', { url: '' })).toMatch(/^signature_missing/);
  });

  it('may be a bearer token instead, for CloudEvents', () => {
    for (const scheme of ['cloudevents', 'azure-event-grid'] as const) {
      expect(check(scheme, { headers: { authorization: `Bearer ${SECRET}` } })).toBe('ok');
      expect(check(scheme, { headers: { authorization: 'Bearer x' } })).toMatch(/^signature_invalid/);
    }
  });
});

describe('clientState', () => {
  const verify = (value: unknown) => check('ms-graph', { rawBody: text({ value }) });

  it('must be the secret in every item', () => {
    expect(verify([{ clientState: SECRET }, { clientState: SECRET }])).toBe('ok');
    expect(verify([{ clientState: SECRET }, { clientState: 'x' }])).toMatch(/differs/);
    expect(verify([{ clientState: 'x' }])).toMatch(/^signature_invalid/);
    expect(verify([{ clientState: SECRET }, {}])).toMatch(/^signature_missing/);
    for (const nonsense of [[], {}, null, [null], [{ clientState: null }], [{ clientState: '' }]])
      expect(verify(nonsense)).toMatch(/^signature_missing/);
    for (const nonsense of [[{ clientState: 5 }], [{ clientState: [SECRET] }]])
      expect(verify(nonsense)).toMatch(/^signature_invalid/);
  });
});

describe('gitlab', () => {
  const signingToken = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const rawBody = text({ a: 1 });
  const signed = signRequest({ scheme: 'gitlab', secret: signingToken, rawBody, now: NOW });

  it('signs with a signing token, and sends any other one', () => {
    expect(Object.keys(signed)).toContain('webhook-signature');
    expect(signRequest({ scheme: 'gitlab', secret: SECRET, rawBody })).toEqual({ 'x-gitlab-token': SECRET });
  });

  it('takes the signature, the token, or whichever of both is a secret of the source', () => {
    const both = { ...signed, 'x-gitlab-token': SECRET };
    expect(check('gitlab', { headers: signed, rawBody, secrets: [signingToken] })).toBe('ok');
    expect(check('gitlab', { headers: both, rawBody, secrets: [signingToken] })).toBe('ok');
    expect(check('gitlab', { headers: both, rawBody, secrets: [SECRET] })).toBe('ok');
    expect(check('gitlab', { headers: both, rawBody, secrets: ['other'] })).toMatch(/^signature_invalid/);
    expect(check('gitlab', { headers: signed, rawBody: text({}), secrets: [signingToken] })).toMatch(
      /^signature_invalid/,
    );
    const old = { headers: signed, rawBody, secrets: [signingToken], now: NOW + 301 };
    expect(check('gitlab', old)).toMatch(/^timestamp_out_of_tolerance/);
  });

  it('is not kept from its token by an id without a signature', () => {
    const headers = { 'webhook-id': '1', 'webhook-timestamp': '1', 'x-gitlab-token': SECRET };
    expect(check('gitlab', { headers })).toBe('ok');
    expect(check('gitlab', { headers: { 'webhook-id': '1' } })).toMatch(
      /'x-gitlab-token' and 'webhook-signature'/,
    );
  });
});

describe('answers', () => {
  it('are what the provider reads', () => {
    expect(findScheme('twilio').answer).toEqual({
      status: 200,
      body: '<Response/>',
      contentType: 'text/xml',
    });
    expect(findScheme('dropbox-sign').answer).toMatchObject({
      status: 200,
      body: 'Hello API Event Received',
    });
    for (const scheme of ['mailgun', 'okta', 'strava'] as const)
      expect(findScheme(scheme).answer).toMatchObject({ status: 200 });
    expect(findScheme('discord').answer).toMatchObject({ status: 204 });
  });

  it('to pings of discord tell them from its events', () => {
    const pong = (json: unknown) => ask('discord', 'challenge', { json });
    expect(pong({ type: 0 })).toMatchObject({ status: 204 });
    expect(pong({ type: 1, application_id: '1' })).toMatchObject({ status: 200, body: '{"type":1}' });
    for (const json of [{ type: 1, event: {} }, { type: 2 }, null, [], 5]) expect(pong(json)).toBeUndefined();
  });

  it('to monday repeat its challenge, and nothing else', () => {
    const answer = (json: unknown) => ask('monday', 'handshake', { json });
    expect(answer({ challenge: '<b>' })).toMatchObject({ status: 200, body: '{"challenge":"<b>"}' });
    for (const json of [
      { challenge: 'a', event: {} },
      { challenge: 5 },
      { challenge: 'a'.repeat(2_000) },
      [],
      null,
    ])
      expect(answer(json)).toBeUndefined();
  });

  it('to okta are JSON', () => {
    const header = headerOf('x-okta-verification-challenge', 'abc');
    expect(ask('okta', 'handshake', { header })).toMatchObject({ body: '{"verification":"abc"}' });
    expect(ask('okta', 'handshake', {})).toBeUndefined();
  });

  it('to Graph are the decoded token as a text that no browser takes for a page', () => {
    for (const scheme of ['ms-graph', 'sharepoint'] as const) {
      expect(ask(scheme, 'handshake', { method: 'POST', search: 'validationToken=a%20%3Cb%3E+c' })).toEqual({
        status: 200,
        body: 'a <b> c',
        contentType: 'text/plain',
        headers: { 'x-content-type-options': 'nosniff' },
      });
      for (const search of [
        '',
        'validationToken=',
        'validationToken=a%0d%0ab',
        `validationToken=${'a'.repeat(2_000)}`,
      ])
        expect(ask(scheme, 'handshake', { search })).toBeUndefined();
    }
  });

  it('to Event Grid repeat the code', () => {
    const event = {
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: 'c' },
    };
    expect(ask('azure-event-grid', 'challenge', { json: [event] })).toMatchObject({
      body: '{"validationResponse":"c"}',
    });
    for (const json of [
      event,
      [event, event],
      [{ ...event, eventType: 'x' }],
      [{ ...event, data: {} }],
      [],
      null,
    ])
      expect(ask('azure-event-grid', 'challenge', { json })).toBeUndefined();
  });

  it('to CloudEvents name the origin that asks', () => {
    const header = headerOf('webhook-request-origin', 'eventgrid.azure.net');
    for (const scheme of ['cloudevents', 'azure-event-grid'] as const) {
      expect(findScheme(scheme).handshake?.methods).toEqual(['OPTIONS']);
      expect(ask(scheme, 'handshake', { method: 'OPTIONS', header })).toMatchObject({
        status: 200,
        headers: { 'webhook-allowed-origin': 'eventgrid.azure.net', 'webhook-allowed-rate': '*' },
      });
      expect(ask(scheme, 'handshake', {})).toBeUndefined();
      expect(
        ask(scheme, 'handshake', { header: headerOf('webhook-request-origin', 'a\r\nb') }),
      ).toBeUndefined();
    }
  });

  it('to strava need its token', () => {
    const search = 'hub.mode=subscribe&hub.verify_token=t&hub.challenge=15f7';
    const options = { verifyToken: 't' };
    expect(ask('strava', 'handshake', { search, options })).toMatchObject({
      body: '{"hub.challenge":"15f7"}',
    });
    expect(ask('strava', 'handshake', { search })).toBeUndefined();
    expect(ask('strava', 'handshake', { search, options: { verifyToken: 'other' } })).toBeUndefined();
    expect(ask('strava', 'handshake', { search: '', options })).toBeUndefined();
  });

  it('to mailchimp are empty', () => {
    expect(findScheme('mailchimp').handshake?.methods).toEqual(['GET', 'HEAD']);
    expect(ask('mailchimp', 'handshake', {})).toMatchObject({ status: 200, body: '' });
  });
});

describe('signing with a token in the body', () => {
  it('puts it into each item', () => {
    const rawBody = text({ value: [{ id: 1 }, { id: 2 }], other: 1 });
    const signed = signWebhook({ scheme: 'ms-graph', secret: SECRET, rawBody });
    expect(JSON.parse(Buffer.from(signed.rawBody).toString())).toEqual({
      value: [
        { id: 1, clientState: SECRET },
        { id: 2, clientState: SECRET },
      ],
      other: 1,
    });
    expect(() => signWebhook({ scheme: 'ms-graph', secret: SECRET, rawBody: text([]) })).toThrow(
      /JSON object/,
    );
  });
});
