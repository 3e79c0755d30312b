// Tests the schemes whose signature is a JSON Web Token: what libraries of tokens often get wrong.
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  findScheme,
  neededKey,
  readKey,
  type SchemeName,
  signRequest,
  type VerifyOptions,
  verifySignature,
} from '../../src/signatures/index.ts';
import {
  ec,
  jwkOf,
  NOW,
  otherEc,
  otherRsa,
  pem,
  rsa,
  text,
  token,
  URL_OF,
} from '../support/other-schemes.ts';

const SECRET = 'the secret of this source';
const BODY = Buffer.from('{"a":1}');
const hash = (encoding: 'hex' | 'base64' | 'base64url') => createHash('sha256').update(BODY).digest(encoding);

type More = Partial<VerifyOptions> & { rawBody?: Uint8Array; now?: number; url?: string };

function check(scheme: SchemeName, headers: Record<string, string>, more: More = {}) {
  const given = { scheme, secrets: [SECRET], rawBody: BODY, now: NOW, url: URL_OF, headers, ...more };
  const result = verifySignature(given);
  return result.ok ? 'ok' : `${result.code}: ${result.detail}`;
}

/** A token with a MAC, whatever its head says. */
function macToken(
  claims: object,
  { alg = 'HS256', key = SECRET as string | Buffer, head = {} } = {},
): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, ...head })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

const QSTASH = { iss: 'Upstash', sub: URL_OF, exp: NOW + 300, nbf: NOW, iat: NOW, body: hash('base64url') };
const qstash = (claims: object, more: Parameters<typeof macToken>[1] = {}) => ({
  'upstash-signature': macToken({ ...QSTASH, ...claims }, more),
});

describe('a token with a MAC', () => {
  it('is taken when all of its claims are right', () => {
    expect(check('qstash', qstash({}))).toBe('ok');
    expect(check('qstash', qstash({}), { secrets: ['next', SECRET] })).toBe('ok');
    expect(check('qstash', qstash({ body: `${QSTASH.body}=` }))).toBe('ok');
  });

  it.each([
    ['no algorithm', { 'upstash-signature': token(QSTASH, { alg: 'none' }) }],
    ['no algorithm, and a signature', qstash({}, { alg: 'none' })],
    ['another hash', qstash({}, { alg: 'HS512' })],
    ['an algorithm in another case', qstash({}, { alg: 'hs256' })],
    ['the algorithm of a public key', qstash({}, { alg: 'RS256' })],
    ['a demand that is not understood', qstash({}, { head: { crit: ['b64'] } })],
  ])('is refused with %s', (_what, headers) => {
    expect(check('qstash', headers)).toMatch(/^signature_invalid: /);
  });

  it.each([
    [{ iss: 'upstash' }, /'iss' of the token is not 'Upstash'/],
    [{ iss: undefined }, /'iss'/],
    [{ sub: 'https://other.example' }, /'sub' of the token is not the public URL/],
    [{ sub: [] }, /'sub'/],
    [{ body: hash('hex') }, /'body' of the token is not the hash/],
    [{ body: undefined }, /'body'/],
    [{ body: 5 }, /'body'/],
    [{ exp: undefined }, /no claim 'exp'/],
    [{ exp: String(NOW) }, /no claim 'exp'/],
  ])('is refused with the claims %j', (claims, detail) => {
    const said = check('qstash', qstash(claims));
    expect(said).toMatch(/^signature_invalid: /);
    expect(said).toMatch(detail);
  });

  it.each([
    [{ exp: NOW - 61 }, /'exp' of the token is 61 s old/],
    [{ nbf: NOW + 61 }, /'nbf' of the token is 61 s ahead/],
    [{ iat: NOW + 61 }, /'iat' of the token is 61 s ahead/],
    [{ exp: NOW * 1000 * -1 }, /'exp'/],
    [{ nbf: 'now' }, /'nbf' of the token is no time/],
  ])('is late or early with %j', (claims, detail) => {
    const said = check('qstash', qstash(claims));
    expect(said).toMatch(/^timestamp_out_of_tolerance: /);
    expect(said).toMatch(detail);
  });

  it('may be a minute off, or as much as is configured', () => {
    for (const claims of [{ exp: NOW - 60 }, { nbf: NOW + 60 }])
      expect(check('qstash', qstash(claims))).toBe('ok');
    expect(check('qstash', qstash({ exp: NOW - 5 }), { toleranceSeconds: 4 })).toMatch(/^timestamp/);
    expect(check('qstash', qstash({ exp: NOW - 500 }), { toleranceSeconds: 500 })).toBe('ok');
  });

  it('is refused in every other writing', () => {
    const [head, claims, signature] = (qstash({})['upstash-signature'] ?? '').split('.');
    for (const other of [
      `${head}.${claims}`,
      `${head}.${claims}.`,
      `${head}.${claims}.${signature}=`,
      `${head}.${claims}.${signature}.`,
      `${head}.${claims}.${signature}.${signature}`,
      `.${claims}.${signature}`,
      `${head}..${signature}`,
      `${head}.${claims}.${signature?.slice(0, -1)}`,
      `Bearer ${head}.${claims}.${signature}`,
      `${text([]).toString('base64url')}.${claims}.${signature}`,
      `${text('x').toString('base64url')}.${text(null).toString('base64url')}.${signature}`,
    ])
      expect(check('qstash', { 'upstash-signature': other }), other).toMatch(/^signature_invalid/);
  });

  it('is needed to name the public URL, which the caller has to give', () => {
    expect(() => check('qstash', qstash({}), { url: '' })).toThrow(/signs the URL: give 'url'/);
    expect(check('monday', { authorization: macToken({ aud: URL_OF, exp: NOW + 9 }) })).toBe('ok');
    expect(check('monday', { authorization: macToken({ aud: ['x', URL_OF], exp: NOW + 9 }) })).toBe('ok');
    expect(check('monday', { authorization: macToken({ aud: 'x', exp: NOW + 9 }) })).toMatch(/'aud'/);
  });

  it('stands behind the word Bearer where the provider writes it', () => {
    const vonage = macToken({ iss: 'Vonage', iat: NOW, payload_hash: hash('hex') });
    expect(check('vonage', { authorization: `Bearer ${vonage}` })).toBe('ok');
    expect(check('vonage', { authorization: vonage })).toMatch(/^signature_invalid/);
    const livekit = macToken({ exp: NOW + 9, sha256: hash('base64') });
    expect(check('livekit', { authorization: livekit })).toBe('ok');
    expect(check('livekit', { authorization: `Bearer ${livekit}` })).toBe('ok');
  });

  it('is old by its time of issue where it has no end', () => {
    const vonage = (iat: unknown) => ({
      authorization: `Bearer ${macToken({ iss: 'Vonage', iat, payload_hash: hash('hex') })}`,
    });
    expect(check('vonage', vonage(NOW - 300))).toBe('ok');
    expect(check('vonage', vonage(NOW - 301))).toMatch(/^timestamp_out_of_tolerance/);
    expect(check('vonage', vonage(undefined))).toMatch(/no claim 'iat'/);
  });

  it('is of netlify only with its issuer', () => {
    const given = (iss: string) => ({ 'x-webhook-signature': macToken({ iss, sha256: hash('hex') }) });
    expect(check('netlify', given('netlify'))).toBe('ok');
    expect(check('netlify', given('vonage'))).toMatch(/'iss'/);
    expect(signRequest({ scheme: 'netlify', secret: SECRET, rawBody: BODY })).toHaveProperty(
      'x-webhook-signature',
    );
  });
});

const PLAID = { iat: NOW, request_body_sha256: hash('hex') };
const plaid = (claims: object = {}, more: object = {}) => ({
  'plaid-verification': token(
    { ...PLAID, ...claims },
    { alg: 'ES256', key: ec.privateKey, kid: 'k1', ...more },
  ),
});
const PLAID_GIVEN = { secrets: ['id:secret'], jwks: { k1: jwkOf(ec.publicKey) } };

describe('plaid', () => {
  it('takes a token that fits the key it names', () => {
    expect(check('plaid', plaid(), PLAID_GIVEN)).toBe('ok');
    const jwks = { other: jwkOf(otherEc.publicKey), ...PLAID_GIVEN.jwks };
    expect(check('plaid', plaid(), { ...PLAID_GIVEN, jwks })).toBe('ok');
  });

  it('reads every signature of its form, whatever zeros its numbers begin with', () => {
    for (let round = 0; round < 600; round++)
      expect(check('plaid', plaid({ round }), PLAID_GIVEN)).toBe('ok');
    const [signed] = /^.*\./.exec(plaid()['plaid-verification']) ?? [];
    for (const bytes of [0, 1, 63, 64, 65, 72]) {
      const other = `${signed}${Buffer.alloc(bytes).toString('base64url')}`;
      expect(check('plaid', { 'plaid-verification': other }, PLAID_GIVEN)).toMatch(/^signature_invalid/);
    }
  });

  it('refuses another key, another body, another algorithm and an old token', () => {
    const wrong = { ...PLAID_GIVEN, jwks: { k1: jwkOf(otherEc.publicKey) } };
    expect(check('plaid', plaid(), wrong)).toMatch(/does not fit the key 'k1'/);
    expect(check('plaid', plaid({ request_body_sha256: hash('base64') }), PLAID_GIVEN)).toMatch(
      /hash of the raw body/,
    );
    expect(check('plaid', plaid({ iat: NOW - 301 }), PLAID_GIVEN)).toMatch(/^timestamp/);
    expect(check('plaid', plaid({ iat: undefined }), PLAID_GIVEN)).toMatch(/no claim 'iat'/);
    const rsaKey = { ...PLAID_GIVEN, jwks: { k1: jwkOf(rsa.publicKey) } };
    expect(check('plaid', plaid(), rsaKey)).toMatch(/cannot be used: the key is of type rsa/);
    expect(
      check('plaid', { 'plaid-verification': macToken({ ...PLAID }, { head: { kid: 'k1' } }) }, PLAID_GIVEN),
    ).toMatch(/not signed with ES256/);
    const asMac = macToken(PLAID, { alg: 'ES256', key: pem(ec.publicKey), head: { kid: 'k1' } });
    expect(check('plaid', { 'plaid-verification': asMac }, PLAID_GIVEN)).toMatch(/^signature_invalid/);
  });

  it('says which key it has not got, and asks the provider for it', () => {
    expect(check('plaid', plaid(), { secrets: ['id:secret'] })).toMatch(/key 'k1' .* could not be had/);
    const request = { scheme: 'plaid', secrets: ['id:secret'], headers: plaid(), rawBody: BODY } as const;
    expect(neededKey(request)).toEqual({
      jwks: 'https://production.plaid.com/webhook_verification_key/get',
      keyId: 'k1',
      json: { client_id: 'id', secret: 'secret', key_id: 'k1' },
    });
    expect(neededKey({ ...request, sandbox: true })).toMatchObject({
      jwks: 'https://sandbox.plaid.com/webhook_verification_key/get',
    });
    expect(neededKey({ ...request, ...PLAID_GIVEN })).toBeUndefined();
    for (const headers of [
      {},
      plaid({}, { kid: undefined }),
      plaid({}, { alg: 'none' }),
      plaid({}, { head: { kid: 5 } }),
    ])
      expect(neededKey({ ...request, headers })).toBeUndefined();
    expect(check('plaid', plaid({}, { kid: '__proto__' }), PLAID_GIVEN)).toMatch(/could not be had/);
  });
});

describe('readKey', () => {
  const jwk = jwkOf(ec.publicKey);

  it('finds a key in a set, alone, or as PEM', () => {
    const set = { keys: [null, { kid: 'a' }, { ...jwk, kid: 'k1' }] };
    expect(readKey(set, 'k1')).toEqual({ ...jwk, kid: 'k1' });
    expect(readKey({ key: { ...jwk, kid: 'k1', expired_at: null } }, 'k1')).toMatchObject(jwk);
    expect(readKey({ key: pem(ec.publicKey).replaceAll('\n', '') }, 'any')).toMatchObject(jwk);
  });

  it('finds no other key, none that the provider no longer signs with, and none in nonsense', () => {
    expect(readKey({ keys: [{ ...jwk, kid: 'k2' }] }, 'k1')).toBeUndefined();
    expect(readKey({ key: { ...jwk, kid: 'k2' } }, 'k1')).toBeUndefined();
    expect(readKey({ key: { ...jwk, kid: 'k1', expired_at: 5 } }, 'k1')).toBeUndefined();
    for (const nonsense of [undefined, null, [], 5, {}, { keys: {} }, { key: 'x' }, { key: null }])
      expect(readKey(nonsense, 'k1')).toBeUndefined();
  });
});

describe('gemini-dynamic', () => {
  const claims = { aud: 'my-project', iat: NOW, exp: NOW + 300 };
  const headers = (more: object = {}, key = rsa.privateKey) => ({
    'webhook-signature': token({ ...claims, ...more }, { alg: 'RS256', key, kid: 'k1' }),
  });
  const given = { secrets: ['my-project'], jwks: { k1: jwkOf(rsa.publicKey) } };

  it('takes tokens for its own audience only: everybody can have others signed', () => {
    expect(check('gemini-dynamic', headers(), given)).toBe('ok');
    expect(check('gemini-dynamic', headers({ aud: 'other' }), given)).toMatch(/'aud'/);
    expect(check('gemini-dynamic', headers({ aud: undefined }), given)).toMatch(/'aud'/);
    expect(check('gemini-dynamic', headers({}, otherRsa.privateKey), given)).toMatch(/does not fit the key/);
    expect(check('gemini-dynamic', headers({ exp: NOW - 61 }), given)).toMatch(/^timestamp/);
  });

  it('takes its keys from Google', () => {
    const request = { scheme: 'gemini-dynamic', secrets: ['a'], headers: headers(), rawBody: BODY } as const;
    const jwks = 'https://generativelanguage.googleapis.com/.well-known/jwks.json';
    expect(neededKey(request)).toEqual({ jwks, keyId: 'k1' });
  });
});

describe('wix', () => {
  const event = {
    eventType: 'wix.order',
    instanceId: 'i',
    data: '{"id":"e1","entityFqdn":"f"}',
    identity: '{"a":1}',
  };
  const body = (claims: object, more: object = {}) =>
    Buffer.from(
      token(
        { data: JSON.stringify(event), iat: NOW, exp: NOW + 9, ...claims },
        { alg: 'RS256', key: rsa.privateKey, ...more },
      ),
    );
  const verify = (rawBody: Buffer) => check('wix', {}, { secrets: [pem(rsa.publicKey)], rawBody });

  it('takes a body that is a token of Wix, and reads the event in it', () => {
    const rawBody = body({});
    expect(verify(rawBody)).toBe('ok');
    const payload = findScheme('wix').payload?.({ header: () => undefined, body: rawBody });
    expect(payload).toEqual({ ...event, data: { id: 'e1', entityFqdn: 'f' }, identity: { a: 1 } });
    for (const other of ['', 'x', '{}', 'a.b.c', body({ data: 5 })])
      expect(
        findScheme('wix').payload?.({ header: () => undefined, body: Buffer.from(other) }),
      ).toBeUndefined();
  });

  it('refuses every other one', () => {
    expect(verify(body({}, { key: otherRsa.privateKey }))).toMatch(/fits no secret/);
    expect(verify(body({}, { alg: 'none', key: undefined }))).toMatch(/^signature_invalid/);
    expect(
      verify(Buffer.from(macToken({ exp: NOW + 9 }, { alg: 'RS256', key: pem(rsa.publicKey) }))),
    ).toMatch(/^signature_invalid/);
    expect(verify(Buffer.from(macToken({ exp: NOW + 9 }, { key: pem(rsa.publicKey) })))).toMatch(
      /not signed with RS256/,
    );
    expect(verify(body({ exp: NOW - 61 }))).toMatch(/^timestamp/);
    expect(verify(body({ exp: undefined }))).toMatch(/no claim 'exp'/);
    expect(verify(Buffer.concat([body({}), Buffer.from('\n')]))).toMatch(/^signature_invalid/);
    expect(verify(Buffer.from(''))).toMatch(/^signature_missing/);
  });
});
