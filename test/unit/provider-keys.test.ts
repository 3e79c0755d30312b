// Tests how keys of providers are fetched, over real https sockets: kept, bounded, guarded; and visits to providers.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ProviderKeys, type ProviderKeysOptions } from '../../src/activities/http/provider-keys.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';

interface Asked {
  method: string;
  path: string;
  headers: Record<string, unknown>;
  body: string;
}
type Answered = { status: number; body?: string; headers?: Record<string, string> } | 'cut';

let files: Certificates;
let server: Server;
let port: number;
let asked: Asked[] = [];
/** What is answered at a path; 404 elsewhere. */
let answers: Record<string, Answered> = {};
let keys: ProviderKeys;
let clock = 0;
const loopback = [{ address: '127.0.0.1', family: 4 }];

beforeAll(async () => {
  files = makeCertificates();
  const [cert, key] = [files.serverCert, files.serverKey].map(files.read);
  server = createServer({ cert, key } as object, async (request, response) => {
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body: (await buffer(request)).toString() });
    const answer = answers[path] ?? { status: 404 };
    if (answer !== 'cut') return void response.writeHead(answer.status, answer.headers).end(answer.body);
    response.writeHead(200, { 'content-length': '100' }).write('{"keys":');
    setTimeout(() => response.destroy(), 20);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  files.remove();
  server.close();
});
afterEach(async () => {
  await keys.close();
  asked = [];
  answers = {};
});

function make(options: Partial<ProviderKeysOptions> = {}): ProviderKeys {
  clock = 1_000_000;
  keys = new ProviderKeys({
    proxy: undefined,
    lookup: async () => loopback,
    guard: { allowLoopback: true },
    tls: { ca: files.read(files.ca) },
    now: () => clock,
    ...options,
  });
  return keys;
}

const at = (path: string, host = 'secure.test') => `https://${host}:${port}${path}`;
const KEY = { kid: 'k1', kty: 'EC' };
const SET = { status: 200, body: JSON.stringify({ keys: [KEY] }) };
const query = (keyId = 'k1') => ({ jwks: at('/jwks'), keyId });

describe('a certificate', () => {
  it('is fetched once, and again after an hour', async () => {
    answers = { '/a.pem': { status: 200, body: 'PEM' } };
    const need = { certificate: at('/a.pem') };
    make();
    const all = await Promise.all([keys.fetch(need), keys.fetch(need)]);
    expect([...all, await keys.fetch(need)]).toEqual(
      Array(3).fill({ certificates: { [at('/a.pem')]: 'PEM' } }),
    );
    expect(asked).toMatchObject([{ method: 'GET', path: '/a.pem', headers: { 'user-agent': 'Surehook' } }]);
    clock += 3_600_000;
    await keys.fetch(need);
    expect(asked).toHaveLength(2);
  });

  it('that is not there is an error, which is not kept', async () => {
    const need = { certificate: at('/a.pem') };
    await expect(make().fetch(need)).rejects.toThrow('has no certificate at this address');
    answers = { '/a.pem': { status: 200, body: 'PEM' } };
    expect(await keys.fetch(need)).toHaveProperty('certificates');
  });
});

describe('a key of a set', () => {
  it('is found by its id', async () => {
    answers = { '/jwks': SET };
    expect(await make().fetch(query())).toEqual({ jwks: { k1: KEY } });
    await keys.fetch(query());
    expect(asked).toHaveLength(1);
  });

  it('that is unknown is asked for again after a minute, and not before', async () => {
    answers = { '/jwks': SET };
    make();
    for (let n = 0; n < 3; n++) expect(await keys.fetch(query('new'))).toEqual({});
    clock += 59_999;
    expect(await keys.fetch(query('new'))).toEqual({});
    expect(asked).toHaveLength(1);
    clock += 1;
    answers = { '/jwks': { status: 200, body: JSON.stringify({ keys: [KEY, { kid: 'new' }] }) } };
    expect(await keys.fetch(query('new'))).toEqual({ jwks: { new: { kid: 'new' } } });
    expect(asked).toHaveLength(2);
  });

  it.each([400, 404])('is unknown where the provider answers with %s', async (status) => {
    answers = { '/jwks': { status } };
    expect(await make().fetch(query())).toEqual({});
  });

  it.each<[string, Answered]>([
    ['500', { status: 500, body: SET.body }],
    ['429', { status: 429 }],
    ['401', { status: 401 }],
    ['a redirect', { status: 302, headers: { location: '/a.pem' } }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['a body that breaks off', 'cut'],
    ['a body without end', { status: 200, body: ' '.repeat(300_000) }],
  ])('is no key where the provider answers with %s, and the next request asks anew', async (_, answer) => {
    answers = { '/jwks': answer };
    await expect(make().fetch(query())).rejects.toThrow();
    answers = { '/jwks': SET };
    expect(await keys.fetch(query())).toEqual({ jwks: { k1: KEY } });
    expect(asked.map(({ path }) => path)).toEqual(['/jwks', '/jwks']);
  });

  it('is asked for by POST where the provider has it so', async () => {
    answers = { '/jwks': { status: 200, body: JSON.stringify({ key: KEY }) } };
    const need = { ...query(), json: { client_id: 'c', secret: 's', key_id: 'k1' } };
    expect(await make().fetch(need)).toEqual({ jwks: { k1: KEY } });
    expect(asked).toMatchObject([
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(need.json) },
    ]);
  });

  it('is asked for with the token that client credentials are exchanged for', async () => {
    answers = { '/token': { status: 200, body: '{"access_token":"t1"}' }, '/jwks': SET };
    const clientCredentials = { tokenUrl: at('/token'), id: 'i', secret: 's:s', scope: 'a b' };
    expect(await make().fetch({ ...query(), clientCredentials })).toEqual({ jwks: { k1: KEY } });
    const basic = `Basic ${Buffer.from('i:s:s').toString('base64')}`;
    expect(asked).toMatchObject([
      {
        method: 'POST',
        path: '/token',
        headers: { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&scope=a+b',
      },
      { method: 'GET', path: '/jwks', headers: { authorization: 'Bearer t1' } },
    ]);
    await keys.close();
    answers = { '/token': { status: 200, body: '{}' } };
    await expect(make().fetch({ ...query(), clientCredentials })).rejects.toThrow('gave no access token');
  });
});

describe('a provider', () => {
  it('is asked 30 times a minute, whatever ids strangers make up, and keeps the keys that are known', async () => {
    answers = { '/jwks': SET };
    make();
    await keys.fetch(query());
    for (let n = 1; n < 30; n++) await keys.fetch(query(`made-up-${n}`));
    await expect(keys.fetch(query('one more'))).rejects.toThrow('asked too often');
    expect(await keys.fetch(query())).toHaveProperty('jwks');
    expect(asked).toHaveLength(30);
    for (let n = 0; n < 250; n++) {
      if (n % 30 === 0) clock += 60_001;
      await keys.fetch(query(`made-up-later-${n}`));
    }
    asked = [];
    await keys.fetch(query());
    expect(asked).toHaveLength(0);
  });

  it('has no more hosts than 120 requests a minute can ask', async () => {
    make({ lookup: async () => Promise.reject(new Error('no such host')) });
    const of = (n: number) => keys.fetch({ certificate: at('/a.pem', `region-${n}.test`) });
    for (let n = 0; n < 120; n++) await expect(of(n)).rejects.toThrow('no such host');
    await expect(of(121)).rejects.toThrow('providers have been asked too often');
    clock += 60_001;
    await expect(of(121)).rejects.toThrow('no such host');
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '192.168.1.1'])(
    'whose name leads to %s is not asked, nor visited',
    async (address) => {
      const lookup = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
      make({ lookup, guard: undefined as never });
      await expect(keys.fetch({ certificate: at('/a.pem') })).rejects.toThrow('public addresses only');
      await expect(keys.visit(at('/?Action=ConfirmSubscription'))).rejects.toThrow('public addresses only');
      expect(asked).toHaveLength(0);
    },
  );

  it('is trusted by its certificate alone', async () => {
    make({ tls: undefined as never });
    await expect(keys.fetch({ certificate: at('/a.pem') })).rejects.toThrow();
    await expect(make().fetch({ certificate: at('/a.pem', 'other.test') })).rejects.toThrow();
    expect(asked).toHaveLength(0);
  });
});

describe('a visit', () => {
  it('is a GET of the whole address, each time anew', async () => {
    answers = { '/?Action=ConfirmSubscription&Token=t': { status: 200, body: '<xml/>' } };
    make();
    await keys.visit(at('/?Action=ConfirmSubscription&Token=t'));
    await keys.visit(at('/?Action=ConfirmSubscription&Token=t'));
    expect(asked).toMatchObject(Array(2).fill({ method: 'GET', body: '' }));
  });

  it.each([302, 400, 404, 500])('that is answered with %s has failed', async (status) => {
    answers = { '/': { status, headers: { location: '/a.pem' } } };
    await expect(make().visit(at('/'))).rejects.toThrow(`answered ${status}`);
    expect(asked).toHaveLength(1);
  });

  it('counts among the requests of a minute', async () => {
    answers = { '/': { status: 200 } };
    make();
    for (let n = 0; n < 30; n++) await keys.visit(at('/'));
    await expect(keys.visit(at('/'))).rejects.toThrow('asked too often');
    expect(asked).toHaveLength(30);
  });
});
