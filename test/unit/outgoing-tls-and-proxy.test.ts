// Tests requests to endpoints with a private authority and a client certificate, and requests through a proxy.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TlsOptions } from '../../src/activities/http/connector.ts';
import { httpPost } from '../../src/activities/http/http-post.ts';
import { Outlets } from '../../src/activities/http/outlets.ts';
import type { ProxySettings } from '../../src/config/settings.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { ENV, loadOne, refusal } from '../support/config-file.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { Receiver } from '../support/receiver.ts';

let files: Certificates;
let secured: Server;
let port: number;
let proxy: ForwardProxy;
let receiver: Receiver;
const shown: string[] = [];

beforeAll(async () => {
  files = makeCertificates();
  const [ca, cert, key] = [files.ca, files.serverCert, files.serverKey].map(files.read);
  secured = createServer({ ca, cert, key, requestCert: true } as object, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    shown.push(`${subject?.CN} for ${request.headers.host?.split(':')[0]}`);
    response.end('ok');
  });
  await new Promise<void>((done) => secured.listen(0, '127.0.0.1', done));
  port = (secured.address() as AddressInfo).port;
  proxy = await ForwardProxy.start();
  receiver = await Receiver.start();
});

afterAll(async () => {
  files.remove();
  secured.close();
  await Promise.all([proxy.stop(), receiver.stop()]);
});

async function post(url: string, { tls, through }: { tls?: TlsOptions; through?: Partial<ProxySettings> }) {
  const settings = through && { http: undefined, https: undefined, except: undefined, ...through };
  const lookup = async () => [{ address: '127.0.0.1', family: 4 }];
  const outlets = new Outlets({ proxy: settings, ...(url.includes('other.test') ? { lookup } : {}) });
  try {
    return await httpPost({
      url,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
      signal: AbortSignal.timeout(10_000),
      outlet: outlets.of('test', { limitMs: 10_000, tls }),
    });
  } finally {
    await outlets.close();
  }
}

/** The `tls` of an endpoint of a config file, as a delivery uses it. */
async function tlsOf(text: string, env: Record<string, string> = {}): Promise<TlsOptions> {
  const { endpoint } = await loadOne({ endpoint: `tls: ${text}` }, { env: { ...ENV, ...env } });
  expect(JSON.stringify(endpoint)).not.toContain('PRIVATE KEY');
  return { ...endpoint.tls, key: endpoint.tls?.key?.reveal() };
}

describe('an endpoint with tls', () => {
  it('is trusted by its own authority, and is shown the client certificate, from files', async () => {
    const { ca, clientCert, clientKey } = files;
    const tls = await tlsOf(JSON.stringify({ ca, cert: clientCert, key: clientKey }));
    expect(await post(`https://localhost:${port}/`, { tls })).toMatchObject({ ok: true });
    expect(shown.at(-1)).toBe('client for localhost');
  });

  it('may have its authority, certificate and key in secrets', async () => {
    const [CA, CERT, KEY] = [files.ca, files.clientCert, files.clientKey].map(files.read) as [
      string,
      string,
      string,
    ];
    const tls = await tlsOf("{ ca: secret('CA'), cert: secret('CERT'), key: secret('KEY') }", {
      CA,
      CERT,
      KEY,
    });
    expect(await post(`https://127.0.0.1:${port}/`, { tls })).toMatchObject({ ok: true });
    expect(shown.at(-1)).toBe('client for 127.0.0.1');
  });

  it('is not trusted without its authority, nor under another name, and lets no client without a certificate in', async () => {
    expect(await post(`https://localhost:${port}/`, {})).toMatchObject({ error: 'tls_error' });
    const tls = await tlsOf(JSON.stringify({ ca: files.ca }));
    const { length } = shown;
    expect(await post(`https://other.test:${port}/`, { tls })).toMatchObject({ error: 'tls_error' });
    expect(await post(`https://localhost:${port}/`, { tls })).toMatchObject({ ok: false });
    expect(shown.length).toBe(length);
  });

  it('by an address goes on with no TLS session of another address, whose certificate was another', async () => {
    const [cert, key, ca] = [files.serverCert, files.serverKey, files.ca].map(files.read);
    const options = { cert, key, ticketKeys: Buffer.alloc(48, 1) } as object;
    const outlets = new Outlets({ proxy: undefined });
    const outlet = outlets.of('test', { limitMs: 5_000, tls: { ca } });
    const servers: Server[] = [];
    const results: object[] = [];
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const server = createServer(options, (_, response) => response.end('ok'));
      servers.push(server);
      await new Promise<void>((done) => server.listen(0, host, done));
      const url = `https://${host}:${(server.address() as AddressInfo).port}/`;
      const signal = AbortSignal.timeout(5_000);
      results.push(await httpPost({ url, headers: {}, body: Buffer.from('{}'), signal, outlet }));
    }
    expect(results).toMatchObject([{ ok: true }, { error: 'tls_error' }]);
    await outlets.close();
    for (const server of servers) server.close();
  });

  it('is refused at start if a file is missing, is no PEM, or does not fit the others', async () => {
    const { ca, clientCert, clientKey, serverKey } = files;
    const fault = async (tls: object) => {
      const text = JSON.stringify(tls);
      return await refusal(loadOne({ endpoint: `tls: ${text}` }, { env: ENV }));
    };
    expect(await fault({ ca: '/nope/ca.pem' })).toMatch(/^endpoints\.billing\.tls\.ca: ENOENT/);
    expect(await fault({ ca: clientKey })).toContain(`${clientKey}: expected a certificate in PEM form`);
    expect(await fault({ cert: clientCert, key: ca })).toContain('expected a private key in PEM form');
    expect(await fault({ cert: clientCert })).toBe('endpoints.billing.tls: cert and key need each other');
    expect(await fault({ cert: clientCert, key: serverKey })).toBe(
      'endpoints.billing.tls: key is not the key of cert',
    );
    const plain = refusal(
      loadOne({ endpoints: `plain: { url: 'http://a.test', secrets, tls: { ca: '${ca}' } }` }, { env: ENV }),
    );
    expect(await plain).toBe('endpoints.plain.tls: the URL is not https');
  });
});

describe('a proxy', () => {
  it('forwards plain requests, whose host it alone knows, with the credentials of its URL', async () => {
    const through = { http: proxy.url.replace('//', '//me:p%40ss@') };
    const { port: at } = new URL(receiver.url);
    expect(await post(`http://far.test:${at}/forwarded`, { through })).toMatchObject({ ok: true });
    expect(receiver.requests.at(-1)?.path).toBe('/forwarded');
    expect(proxy.requests.at(-1)).toEqual({
      line: `POST http://far.test:${at}/forwarded`,
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    });
  });

  it('opens tunnels for https, with the TLS of the endpoint inside', async () => {
    const { ca, clientCert, clientKey } = files;
    const tls = await tlsOf(JSON.stringify({ ca, cert: clientCert, key: clientKey }));
    const url = `https://secure.test:${port}/`;
    expect(await post(url, { tls, through: { https: proxy.url } })).toMatchObject({ ok: true });
    expect(proxy.requests.at(-1)?.line).toBe(`CONNECT secure.test:${port}`);
    expect(shown.at(-1)).toBe('client for secure.test');
  });

  it('is passed by for the hosts of NO_PROXY, and for this machine', async () => {
    const { length } = proxy.requests;
    const through = { http: proxy.url, except: 'internal.test' };
    for (const host of ['127.0.0.1', 'localhost']) {
      const { port: at } = new URL(receiver.url);
      expect(await post(`http://${host}:${at}/direct`, { through })).toMatchObject({ ok: true });
    }
    expect(await post('http://a.internal.test:9/', { through })).toMatchObject({ ok: false });
    expect(proxy.requests.length).toBe(length);
  });

  it('that is https only is not used for plain requests', async () => {
    const { length } = proxy.requests;
    expect(await post('http://far.test:9/', { through: { https: proxy.url } })).toMatchObject({ ok: false });
    expect(proxy.requests.length).toBe(length);
  });

  it('lets answers of status 1xx pass, and large headers', async () => {
    const server = createHttpServer((_, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.writeContinue();
      response.writeHead(200, { 'set-cookie': Array.from({ length: 24 }, () => 'x'.repeat(500)) }).end('ok');
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const at = (server.address() as AddressInfo).port;
    expect(await post(`http://far.test:${at}/`, { through: { http: proxy.url } })).toMatchObject({
      ok: true,
    });
    server.closeAllConnections();
    server.close();
  });
});
