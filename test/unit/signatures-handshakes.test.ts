// Tests what is answered to providers that check an address before they send events to it.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  findScheme,
  type HandshakeRequest,
  SCHEME_NAMES,
  type SchemeAnswer,
  type SchemeName,
  verifySignature,
} from '../../src/signatures/index.ts';

const SECRET = 'the secret of the app';
const mac = (text: string, encoding: 'hex' | 'base64') =>
  createHmac('sha256', SECRET).update(text).digest(encoding);

type Given = Partial<Omit<HandshakeRequest, 'query' | 'header'>> & {
  query?: string;
  headers?: Record<string, string>;
};

function request({ query = '', headers = {}, json, ...given }: Given): HandshakeRequest {
  return {
    method: 'POST',
    query: new URLSearchParams(query),
    header: (name) => headers[name],
    body: json === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(json)),
    json,
    secrets: [SECRET, 'an older secret'],
    options: {},
    url: 'https://hooks.example/webhooks/source',
    ...given,
  };
}

const shake = (scheme: SchemeName, given: Given) => findScheme(scheme).handshake?.answer(request(given));
const challenge = (scheme: SchemeName, given: Given) => findScheme(scheme).challenge?.(request(given));

const NOSNIFF = { 'x-content-type-options': 'nosniff' };
const text = (body: string): SchemeAnswer => ({
  status: 200,
  body,
  contentType: 'text/plain',
  headers: NOSNIFF,
});
const json = (value: object): SchemeAnswer => ({
  status: 200,
  body: JSON.stringify(value),
  contentType: 'application/json',
  headers: NOSNIFF,
});

/** No provider sends these, and none is given back. */
const ODD = ['', 'a\r\nb', '\u0000', 'é', 'x'.repeat(5_000)];

describe('a GET whose text is sent back', () => {
  it.each(['dropbox', 'nylas'] as const)('is answered for %s with the text', (scheme) => {
    expect(findScheme(scheme).handshake?.methods).toEqual(['GET']);
    expect(shake(scheme, { method: 'GET', query: 'challenge=abc-123%20' })).toEqual(text('abc-123 '));
    expect(shake(scheme, { method: 'GET', query: 'other=1' })).toBeUndefined();
    for (const odd of ODD)
      expect(shake(scheme, { query: `challenge=${encodeURIComponent(odd)}` }), odd).toBeUndefined();
  });

  it('is plain text, which no browser takes for a page', () => {
    const page = '<script>alert(1)</script>';
    expect(shake('dropbox', { query: `challenge=${encodeURIComponent(page)}` })).toEqual(text(page));
  });
});

describe.each(['meta', 'whatsapp'] as const)('%s', (scheme) => {
  const query = 'hub.mode=subscribe&hub.verify_token=mine&hub.challenge=1158201444';

  it('gets its challenge back if it knows the token', () => {
    expect(shake(scheme, { query, options: { verifyToken: 'mine' } })).toEqual(text('1158201444'));
  });

  it('gets no answer without the right token, or if none is configured', () => {
    expect(shake(scheme, { query, options: { verifyToken: 'min' } })).toBeUndefined();
    expect(shake(scheme, { query })).toBeUndefined();
    const empty = query.replace('mine', '');
    expect(shake(scheme, { query: empty, options: { verifyToken: '' } })).toBeUndefined();
    const other = query.replace('subscribe', 'unsubscribe');
    expect(shake(scheme, { query: other, options: { verifyToken: 'mine' } })).toBeUndefined();
  });
});

describe('x', () => {
  it('gets an HMAC of its token by the first secret', () => {
    const answer = json({ response_token: `sha256=${mac('NTQ3-ab_c=', 'base64')}` });
    expect(shake('x', { query: 'crc_token=NTQ3-ab_c%3D' })).toEqual(answer);
    for (const odd of [...ODD, '{"a":1}', 'a b'])
      expect(shake('x', { query: `crc_token=${encodeURIComponent(odd)}` }), odd).toBeUndefined();
    expect(shake('x', { query: 'crc_token=a', secrets: [] })).toBeUndefined();
  });

  it('signs no body by way of a question: what is signed for a token is refused as an event', () => {
    for (const token of ['123', 'true', 'abc', 'YWJj/+==']) {
      const { body = '' } = shake('x', { query: `crc_token=${encodeURIComponent(token)}` }) ?? {};
      const headers = { 'x-twitter-webhooks-signature': JSON.parse(body).response_token };
      const forged = { scheme: 'x', secrets: [SECRET], headers, rawBody: Buffer.from(token) } as const;
      expect(verifySignature(forged)).toMatchObject({ ok: false, code: 'signature_invalid' });
    }
  });
});

describe('linkedin', () => {
  const challengeCode = '890e4665-4dfe-4ab1-b689-ed553bceeed0';

  it('gets an HMAC of its code', () => {
    const answer = json({ challengeCode, challengeResponse: mac(challengeCode, 'hex') });
    expect(shake('linkedin', { query: `challengeCode=${challengeCode}` })).toEqual(answer);
  });

  it('signs no body by way of a question', () => {
    for (const odd of [...ODD, 'hmacsha256={"a":1}', `hmacsha256=${challengeCode}`])
      expect(shake('linkedin', { query: `challengeCode=${encodeURIComponent(odd)}` }), odd).toBeUndefined();
  });
});

describe('the first request of', () => {
  it('asana brings the secret in a header, which is sent back', () => {
    const headers = { 'x-hook-secret': 'b537207f20cbfa02357cf448134da559' };
    expect(shake('asana', { headers })).toMatchObject({ status: 200, body: '', headers });
    expect(shake('asana', { headers: { ...headers, 'x-hook-signature': 'a' } })).toBeUndefined();
    for (const odd of ['a\r\nb', 'x'.repeat(5_000)])
      expect(shake('asana', { headers: { 'x-hook-secret': odd } })).toBeUndefined();
    expect(shake('asana', {})).toBeUndefined();
  });

  it('trello is a HEAD', () => {
    expect(findScheme('trello').handshake?.methods).toEqual(['HEAD']);
    expect(shake('trello', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('notion brings the token, unsigned', () => {
    const given = { json: { verification_token: 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl' } };
    expect(shake('notion', given)).toMatchObject({ status: 200 });
    expect(shake('notion', { ...given, headers: { 'x-notion-signature': 'sha256=a' } })).toBeUndefined();
    for (const other of [undefined, null, 5, [], {}, { verification_token: 5 }, { type: 'page.created' }])
      expect(shake('notion', { json: other })).toBeUndefined();
  });
});

describe('a signed question of', () => {
  it('slack is answered with its challenge', () => {
    const given = {
      type: 'url_verification',
      challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    };
    expect(challenge('slack', { json: given })).toEqual(text(given.challenge));
    expect(challenge('slack', { json: { ...given, type: 'event_callback' } })).toBeUndefined();
  });

  it('zoom is answered with the token and its HMAC in hex', () => {
    const plainToken = 'qgg8vlvZRS6UYooatFL8Aw';
    const given = { event: 'endpoint.url_validation', payload: { plainToken }, event_ts: 1 };
    const answer = json({ plainToken, encryptedToken: mac(plainToken, 'hex') });
    expect(challenge('zoom', { json: given })).toEqual(answer);
    for (const payload of [undefined, null, [], {}, { plainToken: 5 }, { plainToken: '' }])
      expect(challenge('zoom', { json: { ...given, payload } })).toBeUndefined();
    expect(challenge('zoom', { json: { ...given, event: 'meeting.started' } })).toBeUndefined();
  });

  it('twitch is answered with its challenge', () => {
    const headers = { 'twitch-eventsub-message-type': 'webhook_callback_verification' };
    const given = { json: { challenge: 'pogchamp-kappa-360noscope-vohiyo' }, headers };
    expect(challenge('twitch', given)).toEqual(text(given.json.challenge));
    const notification = { ...given, headers: { 'twitch-eventsub-message-type': 'notification' } };
    expect(challenge('twitch', notification)).toBeUndefined();
  });

  it('front is answered with its header', () => {
    expect(challenge('front', { headers: { 'x-front-challenge': 'abc' } })).toEqual(text('abc'));
    expect(challenge('front', {})).toBeUndefined();
  });
});

describe.each(SCHEME_NAMES)('%s', (scheme) => {
  it('makes nothing of requests that are no handshakes, whatever is in them', () => {
    const { handshake, challenge: question } = findScheme(scheme);
    for (const given of [undefined, null, 5, 'a', [], [null], {}, { type: 5, event: [], payload: null }]) {
      expect(question?.(request({ json: given }))).toBeUndefined();
      if (handshake?.methods.includes('POST'))
        expect(handshake.answer(request({ json: given }))).toBeUndefined();
    }
  });
});
