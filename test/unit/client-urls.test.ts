// Tests that no URL of a client reaches a private listener: by the immediate check, and, with that check skipped, by
// the guarded connections alone, whatever a resolver says. Good URLs pass.
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createDownload } from '../../src/activities/http/download.ts';
import { httpPost } from '../../src/activities/http/http-post.ts';
import { networkErrorCode } from '../../src/activities/http/network-error.ts';
import { Outlets, type OutletsOptions } from '../../src/activities/http/outlets.ts';
import { type RequestFailure, sendRequest } from '../../src/activities/http/send-request.ts';
import { checkClientUrl } from '../../src/api/http/check-client-url.ts';
import { refusalOf, refusalOfAddresses } from '../../src/contracts/client-url.ts';
import { makeCertificates } from '../support/certificates.ts';
import { GOOD_URLS, HOSTILE_URLS } from '../support/client-urls.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const PUBLIC_ONLY = { allowLoopback: false };
const WITH_LOOPBACK = { allowLoopback: true };
/** Unicast by its range, and given to nobody since the 6bone ended: a packet to it reaches nothing. */
const NOBODY = '3ffe::1';

let port: number;
let connections = 0;
const listeners: Server[] = [];

/** The private listener: one port on every loopback address that the tests name. */
beforeAll(async () => {
  for (const host of ['127.0.0.1', '127.0.0.2', '::1']) {
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined).destroy();
    });
    await new Promise<void>((done, fail) => server.on('error', fail).listen(port ?? 0, host, done));
    ({ port } = server.address() as AddressInfo);
    listeners.push(server);
  }
});
afterAll(() => {
  for (const server of listeners) server.close();
});

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function outlets(options: Partial<OutletsOptions> = {}): Outlets {
  const made = new Outlets({ proxy: undefined, ...options });
  stops.push(async () => await made.close());
  return made;
}

const answerWith =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const toLoopback = answerWith('127.0.0.1', '::1');

interface Try {
  guard?: { allowLoopback: boolean } | undefined;
  options?: Partial<OutletsOptions>;
  withinMs?: number;
}

/** Sends without the immediate check. @returns the code of the failure, or the status */
async function send(url: string, { guard, options, withinMs = 5_000 }: Try): Promise<string> {
  const { dispatcher } = outlets(options).of('clients', { limitMs: withinMs, guard });
  const signal = AbortSignal.timeout(withinMs);
  try {
    const body = Buffer.from('{}');
    const { statusCode } = await sendRequest({ url, headers: {}, body, signal, dispatcher });
    return `${statusCode}`;
  } catch (error) {
    const { cause } = error as RequestFailure;
    return cause === undefined ? 'invalid' : networkErrorCode(cause, signal);
  }
}

const hostile = HOSTILE_URLS.flatMap(([what, ...urls]) => urls.map((url) => ({ what, url })));
const withPort = (url: string) => url.replace('PORT', String(port));

describe('a hostile URL', () => {
  it('is one of at least eighty, which are all different', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(80);
    expect(new Set(hostile.map(({ url }) => url)).size).toBe(hostile.length);
  });

  it.each(hostile)('is refused at once: $what, $url', ({ url }) => {
    const refusal = refusalOf(withPort(url), PUBLIC_ONLY);
    expect(refusal).toMatch(/use |expected|percent-encode|leave it out|the most is/);
    expect(refusal?.length).toBeLessThan(200);
  });

  it.each(hostile)('reaches nothing by the connection, though unchecked: $what, $url', async ({ url }) => {
    const before = connections;
    const outcome = await send(withPort(url), { guard: PUBLIC_ONLY, options: { lookup: toLoopback } });
    const isHttp = /^\s*https?:/i.test(url); // undici itself has no other schemes
    expect(outcome).toMatch(
      isHttp ? /^(url_not_allowed|invalid)$/ : /^(url_not_allowed|invalid|network_error)$/,
    );
    expect(connections).toBe(before);
  });

  it('would reach the listener without the guard, more often than not where it names its port', async () => {
    const named = hostile.filter(({ url }) => url.includes('PORT'));
    const reached: string[] = [];
    for (const { url } of named) {
      const before = connections;
      await send(withPort(url), { options: { lookup: toLoopback }, withinMs: 500 });
      if (connections > before) reached.push(url);
    }
    expect(reached.length).toBeGreaterThan(named.length / 2);
    expect(reached).toContain('https://2130706433:PORT/');
    expect(reached).toContain('https://①②⑦.⓪.⓪.①:PORT/');
  });
});

describe('a hostile resolver', () => {
  const url = () => `https://hooks.example.com:${port}/`;

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback of IPv6', '::1'],
    ['all addresses of this machine', '0.0.0.0'],
    ['all addresses of this machine, IPv6', '::'],
    ['IPv4-mapped', '::ffff:127.0.0.1'],
    ['IPv4-compatible', '::127.0.0.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['a zone id', 'fe80::1%lo'],
    ['a public address with a zone id', '2606:4700::1%lo'],
    ['the public one first', NOBODY, '127.0.0.1'],
    ['the public one last', '127.0.0.1', NOBODY],
    ['one private one among many', NOBODY, '2606:4700::1', '10.0.0.1', '1.1.1.1'],
    ['what is no address', 'localhost'],
    ['a short address', '127.1'],
  ])('is not followed: it answers with %s', async (_, ...addresses) => {
    const before = connections;
    const options = { lookup: answerWith(...addresses) };
    expect(await send(url(), { guard: PUBLIC_ONLY, options })).toBe('url_not_allowed');
    expect(connections).toBe(before);
  });

  it('that answers with a public address first and a private one later is asked once for each connection', async () => {
    const before = connections;
    let lookups = 0;
    const lookup = async () => {
      lookups += 1;
      return await answerWith(lookups % 2 === 1 ? NOBODY : '127.0.0.1')();
    };
    const outlet = outlets({ lookup }).of('clients', { limitMs: 300, guard: PUBLIC_ONLY });
    const errors: (string | undefined)[] = [];
    for (let i = 1; i <= 6; i++) {
      const signal = AbortSignal.timeout(300);
      const result = await httpPost({ url: url(), headers: {}, body: Buffer.from('{}'), signal, outlet });
      errors.push(result.error);
      expect(lookups).toBe(i);
    }
    expect(errors.filter((_, i) => i % 2 === 1)).toEqual(Array(3).fill('url_not_allowed'));
    for (const error of errors.filter((_, i) => i % 2 === 0)) expect(error).toMatch(/unreachable|timeout/);
    expect(connections).toBe(before);
  });

  it('is shown by an attempt that fails, and that another may follow', async () => {
    const outlet = outlets({ lookup: answerWith('10.1.2.3') }).of('clients', {
      limitMs: 5_000,
      guard: PUBLIC_ONLY,
    });
    const signal = AbortSignal.timeout(5_000);
    const request = { headers: {}, body: Buffer.from('{}'), signal, outlet };
    expect(await httpPost({ ...request, url: 'https://hooks.example.com/' })).toEqual({
      ok: false,
      error: 'url_not_allowed',
      message:
        "hooks.example.com has the address 10.1.2.3, which is private (10.0.0.0/8); a client's URL leads to public addresses only",
    });
    expect(await httpPost({ ...request, url: 'https://a@example.com/' })).toMatchObject({
      ok: false,
      error: 'url_not_allowed',
    });
  });

  it('that has no address for a name has the code of an unknown host', async () => {
    const options = { lookup: answerWith() };
    expect(await send(url(), { guard: PUBLIC_ONLY, options })).toBe('dns_not_found');
  });

  it('cannot lead a plain http URL away from this machine, where loopback is allowed', async () => {
    const options = { lookup: answerWith('2606:4700::1111') };
    const to = `http://localhost:${port}/`;
    expect(await send(to, { guard: WITH_LOOPBACK, options })).toBe('url_not_allowed');
  });
});

describe('a redirect', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://[::1]:PORT/',
    '//127.0.0.1:PORT/',
    'https://localhost:PORT/',
    'http://169.254.169.254/latest/meta-data/',
  ])('to a private address is not followed, neither by a POST nor by a download: %s', async (to) => {
    const before = connections;
    const from = await serve((_, response) => response.writeHead(302, { location: withPort(to) }).end());
    const made = outlets();
    const outlet = made.of('clients', { limitMs: 5_000, guard: WITH_LOOPBACK });
    const signal = AbortSignal.timeout(5_000);
    const posted = await httpPost({ url: from, headers: {}, body: Buffer.from('{}'), signal, outlet });
    expect(posted).toMatchObject({ ok: false, statusCode: 302 });
    const download = createDownload({ outlets: made, allowLoopback: true });
    await expect(download({ url: from, maxBytes: 100, timeoutMs: 5_000, signal })).rejects.toMatchObject({
      code: 'document_unavailable',
      message: expect.stringContaining(`Location: ${withPort(to)}`),
    });
    expect(connections).toBe(before);
  });
});

describe('a proxy of the operator', () => {
  it('is not asked for a name with a private address, nor for a private address', async () => {
    const proxy = await ForwardProxy.start();
    stops.push(async () => await proxy.stop());
    const settings = { http: proxy.url, https: proxy.url, except: undefined };
    const options = { proxy: settings, lookup: answerWith(NOBODY, '10.0.0.1') };
    const hosts = ['hooks.example.com', '10.0.0.1', '169.254.169.254', '[fd00::1]', '127.0.0.1', '127.0.0.2'];
    for (const scheme of ['https', 'http']) {
      for (const host of hosts) {
        const outcome = await send(`${scheme}://${host}:${port}/`, { guard: PUBLIC_ONLY, options });
        expect(outcome).toBe('url_not_allowed');
      }
    }
    expect(proxy.requests).toEqual([]);
  });

  it('is used for a name with public addresses, and may be private itself', async () => {
    const files = makeCertificates();
    stops.push(files.remove);
    const [cert, key, ca] = [files.serverCert, files.serverKey, files.ca].map(files.read);
    const server = createHttpsServer({ cert, key } as object, (_, response) => response.end('ok'));
    const { port: at } = new URL(await listen(server));
    const proxy = await ForwardProxy.start();
    stops.push(async () => await proxy.stop());
    const settings = { http: undefined, https: proxy.url, except: undefined };
    const made = outlets({ proxy: settings, lookup: answerWith(NOBODY) });
    const outlet = made.of('clients', { limitMs: 5_000, guard: PUBLIC_ONLY, tls: { ca } });
    const signal = AbortSignal.timeout(5_000);
    const url = `https://secure.test:${at}/`;
    expect(await httpPost({ url, headers: {}, body: Buffer.from('{}'), signal, outlet })).toMatchObject({
      ok: true,
    });
    expect(proxy.requests.map(({ line }) => line)).toEqual([`CONNECT secure.test:${at}`]);
  });
});

describe('a good URL', () => {
  it('is one of at least thirty', () => {
    expect(GOOD_URLS.length).toBeGreaterThanOrEqual(30);
  });

  it.each(GOOD_URLS)('passes: %s', (url) => {
    expect(refusalOf(url, PUBLIC_ONLY)).toBeUndefined();
    expect(refusalOf(url, WITH_LOOPBACK)).toBeUndefined();
  });

  it('has addresses that pass, of both families', () => {
    const addresses = ['1.1.1.1', '2606:4700:4700::1111', '223.255.255.255', '2a00::1', NOBODY];
    const host = { hostname: 'example.com', protocol: 'https:', addresses };
    expect(refusalOfAddresses(host, PUBLIC_ONLY)).toBeUndefined();
  });
});

describe('where loopback is allowed', () => {
  it.each([
    'http://127.0.0.1:8080/',
    'http://127.1:8080/',
    'http://[::1]:8080/',
    'http://localhost/',
    'http://api.localhost:3000/hook',
    'https://localhost:8443/',
    'https://127.0.0.1/',
  ])('passes %s', (url) => expect(refusalOf(url, WITH_LOOPBACK)).toBeUndefined());

  it('lets nothing pass but names and addresses of this machine', () => {
    const passing = hostile.map(({ url }) => withPort(url)).filter((url) => !refusalOf(url, WITH_LOOPBACK));
    const others = passing.filter(
      (url) => !/^(127\.[0-9.]+|\[::1\]|(.+\.)?localhost\.?)$/.test(new URL(url).hostname),
    );
    expect(passing.length).toBeGreaterThan(20);
    expect(others).toEqual([]);
  });

  it('is called by http and by name', async () => {
    const url = await serve((_, response) => response.end('ok'));
    expect(await send(url, { guard: WITH_LOOPBACK })).toBe('200');
    expect(await send(url, { guard: PUBLIC_ONLY })).toBe('url_not_allowed');
    const { port: at } = new URL(url);
    const options = { lookup: answerWith('127.0.0.1') };
    expect(await send(`http://localhost:${at}/`, { guard: WITH_LOOPBACK, options })).toBe('200');
  });
});

describe('the API', () => {
  it('names the field, what is wrong and the fix', () => {
    expect(() => checkClientUrl('webhook_url', 'http://example.com/', PUBLIC_ONLY)).toThrow(
      expect.objectContaining({
        status: 400,
        code: 'url_not_allowed',
        message: 'webhook_url: http is not encrypted; use https',
      }),
    );
    expect(() => checkClientUrl('webhook_url', 'https://example.com/', PUBLIC_ONLY)).not.toThrow();
  });
});

describe('the private listener', () => {
  it('counts connections: one that is allowed is seen', async () => {
    const before = connections;
    await send(`http://127.0.0.1:${port}/`, { guard: WITH_LOOPBACK });
    await waitFor(() => connections > before);
  });
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function serve(listener: RequestListener): Promise<string> {
  return await listen(createHttpServer(listener));
}
