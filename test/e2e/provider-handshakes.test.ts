// Tests the handshakes of providers over real sockets: the right answer, and none to whoever does not ask rightly.
import { createHash, createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  nowSeconds,
  type ProviderAnswer,
  Providers,
  PUBLIC_URL,
  secretOf,
  signedAs,
  VERIFY_TOKEN,
} from '../support/providers.ts';

let providers: Providers;

beforeAll(async () => {
  providers = await Providers.start(inject('temporalAddress'));
});
afterAll(() => providers.stop());
afterEach(() => expect(providers.surehook.child.exitCode).toBeNull());

const hmacOf = (secret: string, text: string, encoding: 'hex' | 'base64', hash = 'sha256') =>
  createHmac(hash, secret).update(text).digest(encoding);
const queryOf = (fields: Record<string, string>) => `?${new URLSearchParams(fields)}`;
const json = (value: unknown) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

function expectRefused(answer: ProviderAnswer, status: number): void {
  expect(answer.status, answer.text).toBe(status);
  expect(answer.type).toMatch(/^application\/problem\+json/);
}

describe('a handshake by GET', () => {
  it.each(['nylas', 'dropbox'] as const)('of %s has its challenge echoed as plain text', async (scheme) => {
    const answer = await providers.ask('GET', scheme, queryOf({ challenge: 'cH4llenge-+/ .' }));
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: 'cH4llenge-+/ .' });
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expectRefused(await providers.ask('GET', scheme), 405);
    expectRefused(await providers.ask('GET', scheme, queryOf({ challenge: '<script>'.repeat(100) })), 405);
    expectRefused(await providers.ask('GET', scheme, queryOf({ challenge: 'a\r\nset-cookie: b=c' })), 405);
  });

  it.each(['meta', 'whatsapp'] as const)('of %s is answered if it knows our token', async (scheme) => {
    const hub = { 'hub.mode': 'subscribe', 'hub.verify_token': VERIFY_TOKEN, 'hub.challenge': '1158201444' };
    const answer = await providers.ask('GET', scheme, queryOf(hub));
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: '1158201444' });
    for (const wrong of [
      { ...hub, 'hub.verify_token': 'a guess' },
      { ...hub, 'hub.verify_token': '' },
      { ...hub, 'hub.mode': 'unsubscribe' },
      { 'hub.mode': 'subscribe', 'hub.challenge': '1' },
    ])
      expectRefused(await providers.ask('GET', scheme, queryOf(wrong)), 405);
  });

  it('of strava is answered in JSON if it knows our token', async () => {
    const hub = {
      'hub.mode': 'subscribe',
      'hub.verify_token': VERIFY_TOKEN,
      'hub.challenge': '15f7d1a91c1f',
    };
    const answer = await providers.ask('GET', 'strava', queryOf(hub));
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({ 'hub.challenge': '15f7d1a91c1f' });
    expectRefused(await providers.ask('GET', 'strava', queryOf({ ...hub, 'hub.verify_token': 'x' })), 405);
  });

  it('of x is answered with a proof that we have the secret', async () => {
    const answer = await providers.ask('GET', 'x', queryOf({ crc_token: 'MTQ4NzMyNTc4Mg' }));
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    const mac = hmacOf(secretOf('x'), 'MTQ4NzMyNTc4Mg', 'base64');
    expect(JSON.parse(answer.text)).toEqual({ response_token: `sha256=${mac}` });
    // Else the answer would be the signature of a body of a stranger's choice.
    expectRefused(await providers.ask('GET', 'x', queryOf({ crc_token: '{"a":1}' })), 405);
    const stolen = { 'x-twitter-webhooks-signature': `sha256=${mac}` };
    expectRefused(await providers.ask('POST', 'x', '', { headers: stolen, body: 'MTQ4NzMyNTc4Mg' }), 401);
  });

  it('of linkedin is answered with the code and its MAC', async () => {
    const challengeCode = '890e4665-4dfe-4ab1-b689-ed553bceeed0';
    const answer = await providers.ask('GET', 'linkedin', queryOf({ challengeCode }));
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    const challengeResponse = hmacOf(secretOf('linkedin'), challengeCode, 'hex');
    expect(JSON.parse(answer.text)).toEqual({ challengeCode, challengeResponse });
    expectRefused(await providers.ask('GET', 'linkedin', queryOf({ challengeCode: 'hmacsha256={}' })), 405);
  });

  it('of braintree is answered with the public key and a MAC', async () => {
    const challenge = '20f9f8ed05f77439fe955c977e4c8a53';
    const [publicKey = '', privateKey = ''] = secretOf('braintree').split(':');
    const key = createHash('sha1').update(privateKey).digest();
    const mac = createHmac('sha1', key).update(challenge).digest('hex');
    const answer = await providers.ask('GET', 'braintree', queryOf({ bt_challenge: challenge }));
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: `${publicKey}|${mac}` });
    expectRefused(
      await providers.ask('GET', 'braintree', queryOf({ bt_challenge: 'PG5vdGlmaWNhdGlvbj4=' })),
      405,
    );
  });

  it('of ebay is answered with a hash of code, token and address', async () => {
    const answer = await providers.ask('GET', 'ebay', queryOf({ challenge_code: 'a8628072-3d33' }));
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    const hash = createHash('sha256').update(`a8628072-3d33${VERIFY_TOKEN}${PUBLIC_URL}/webhooks/ebay`);
    expect(JSON.parse(answer.text)).toEqual({ challengeResponse: hash.digest('hex') });
    expectRefused(await providers.ask('GET', 'ebay'), 405);
  });

  it('of okta has its header echoed in JSON', async () => {
    const headers = { 'x-okta-verification-challenge': 'My verification 1' };
    const answer = await providers.ask('GET', 'okta', '', { headers });
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({ verification: 'My verification 1' });
    expectRefused(await providers.ask('GET', 'okta'), 405);
  });

  it.each(['GET', 'HEAD'])('of mailchimp by %s only wants a 200', async (method) => {
    expect(await providers.ask(method, 'mailchimp')).toMatchObject({ status: 200, text: '' });
  });
});

describe('a handshake by HEAD or OPTIONS', () => {
  it('of trello by HEAD wants a 200', async () => {
    expect(await providers.ask('HEAD', 'trello')).toMatchObject({ status: 200, text: '' });
    const answer = await providers.ask('GET', 'trello');
    expectRefused(answer, 405);
    expect(answer.headers.get('allow')).toBe('POST, HEAD');
  });

  it.each(['cloudevents', 'azure-event-grid'])('of %s is told who may send, and how fast', async (source) => {
    const headers = { 'webhook-request-origin': 'eventemitter.example.com', 'webhook-request-rate': '120' };
    const answer = await providers.ask('OPTIONS', source, '', { headers });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      allow: 'POST',
      'webhook-allowed-origin': 'eventemitter.example.com',
      'webhook-allowed-rate': '*',
    });
    expectRefused(await providers.ask('OPTIONS', source), 405);
  });
});

describe('a handshake by an unsigned POST', () => {
  it('of asana has the secret echoed, and nothing beside it that is signed', async () => {
    const headers = { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81' };
    const answer = await providers.ask('POST', 'asana', '', { headers, body: '{}' });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers.get('x-hook-secret')).toBe(headers['x-hook-secret']);
    const both = { ...headers, 'x-hook-signature': 'ab'.repeat(32) };
    const refused = await providers.ask('POST', 'asana', '', { headers: both, body: '{"events":[]}' });
    expectRefused(refused, 401);
    expect(refused.headers.has('x-hook-secret')).toBe(false);
    expectRefused(await providers.ask('POST', 'asana', '', { body: '{"events":[{"a":1}]}' }), 401);
  });

  it('of notion is answered with 200, and any other unsigned one is refused', async () => {
    const token = json({ verification_token: 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl' });
    expect(await providers.ask('POST', 'notion', '', token)).toMatchObject({ status: 200, text: '' });
    expectRefused(await providers.ask('POST', 'notion', '', json({ id: 'e1', type: 'page.created' })), 401);
  });

  it('of monday has its challenge echoed in JSON', async () => {
    const answer = await providers.ask(
      'POST',
      'monday',
      '',
      json({ challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' }),
    );
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({
      challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    });
    expectRefused(await providers.ask('POST', 'monday', '', json({ challenge: 'a', event: {} })), 401);
  });

  it.each(['ms-graph', 'sharepoint'])(
    'of %s has its token echoed, decoded, as plain text',
    async (source) => {
      const token = 'Validation: Testing client application reachability for subscription Request-Id: 1';
      const answer = await providers.ask('POST', source, queryOf({ validationToken: token }));
      expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: token });
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expectRefused(await providers.ask('POST', source, queryOf({ validationToken: 'a\nb' })), 401);
    },
  );
});

describe('a handshake by a signed POST', () => {
  /** Sends it rightly, then with another signature. */
  async function both(
    scheme: Parameters<typeof signedAs>[0],
    body: object,
    headers: Record<string, string> = {},
  ): Promise<ProviderAnswer> {
    const right = signedAs(scheme, JSON.stringify(body), { headers });
    const late = signedAs(scheme, JSON.stringify(body), { headers, now: nowSeconds() - 3_600 });
    expectRefused(await providers.send(late), 401);
    const bare = { ...json(body), headers: { 'content-type': 'application/json', ...headers } };
    expectRefused(await providers.ask('POST', scheme, '', bare), 401);
    return await providers.send(right);
  }

  it('of twitch has its challenge echoed as plain text', async () => {
    const headers = { 'twitch-eventsub-message-type': 'webhook_callback_verification' };
    const body = { challenge: 'pogchamp-kappa-360noscope-vohiyo', subscription: { id: 's' } };
    const answer = await both('twitch', body, headers);
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: body.challenge });
  });

  it('of zoom is answered with the token and its MAC', async () => {
    const body = { event: 'endpoint.url_validation', payload: { plainToken: 'qgg8vlvZRS6UYooatFL8Aw' } };
    const answer = await both('zoom', body);
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    const encryptedToken = hmacOf(secretOf('zoom'), 'qgg8vlvZRS6UYooatFL8Aw', 'hex');
    expect(JSON.parse(answer.text)).toEqual({ plainToken: 'qgg8vlvZRS6UYooatFL8Aw', encryptedToken });
  });

  it('of slack has its challenge echoed as plain text', async () => {
    const body = { type: 'url_verification', token: 'x', challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWM' };
    expect(await both('slack', body)).toMatchObject({
      status: 200,
      type: 'text/plain',
      text: body.challenge,
    });
  });

  it('of front has the challenge of its header echoed', async () => {
    const answer = await both('front', { type: 'sync' }, { 'x-front-challenge': 'challenge-1' });
    expect(answer).toMatchObject({ status: 200, type: 'text/plain', text: 'challenge-1' });
  });

  it('of discord: a ping of webhook events gets an empty 204', async () => {
    const answer = await both('discord', { version: 1, application_id: '1', type: 0 });
    expect(answer).toMatchObject({ status: 204, text: '', type: 'application/json' });
  });

  it('of discord: a ping of interactions gets a pong', async () => {
    const answer = await both('discord', { type: 1, id: '1', token: 't' });
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({ type: 1 });
  });

  it('of azure has its code echoed in JSON, to whoever knows the secret of the URL', async () => {
    const event = {
      id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' },
    };
    const answer = await providers.signed('azure-event-grid', JSON.stringify([event]));
    expect(answer).toMatchObject({ status: 200, type: 'application/json' });
    expect(JSON.parse(answer.text)).toEqual({ validationResponse: event.data.validationCode });
    expectRefused(await providers.ask('POST', 'azure-event-grid', '', json([event])), 401);
    expectRefused(await providers.ask('POST', 'azure-event-grid', '?secret=guess', json([event])), 401);
  });
});

it('a scheme without handshakes takes POST alone', async () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
    const answer = await providers.ask(method, 'github', '?challenge=1&hub.challenge=1');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  }
});

it('no handshake has started anything', () => providers.expectNothingElseStarted());
