// Tests how a delivery reads an endpoint's Retry-After, and which error code each kind of missing answer gets.
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Agent, request } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { networkErrorCode } from '../../src/activities/http/network-error.ts';
import { parseRetryAfter } from '../../src/activities/http/retry-after.ts';

const HOUR_MS = 3_600_000;

describe('Retry-After', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');

  it.each([
    ['0', 0],
    ['1', 1_000],
    ['120', 120_000],
    ['3600', HOUR_MS],
    ['1.5', 2_000],
    ['0.001', 1_000],
    ['3601', HOUR_MS],
    ['99999999999999999999', HOUR_MS],
    ['Sat, 31 Jan 2026 12:00:30 GMT', 30_000],
    ['Sat, 31 Jan 2026 12:00:00 GMT', 0],
    ['Sat, 31 Jan 2026 11:59:00 GMT', 0],
    ['Sun, 01 Feb 2026 12:00:00 GMT', HOUR_MS],
    ['Saturday, 31-Jan-26 12:00:30 GMT', 30_000],
    ['Sat Jan 31 12:00:30 2026', 30_000],
    [['6', '8'], 8_000],
    [['8', 'soon'], 8_000],
    ['6, 8.2', 9_000],
    [['6', 'Sat, 31 Jan 2026 12:00:30 GMT'], 30_000],
  ])('%j is a wait of at most one hour, the larger of several, a fraction rounded up', (value, ms) => {
    expect(parseRetryAfter(value, now)).toBe(ms);
  });

  it.each([undefined, '', ' ', 'soon', 'Infinity', 'NaN', [], ['soon', '']])('%j is ignored', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });

  it.each(['-5', '1e3', '0x10'])('%s, which is not a whole number of seconds, is no wait', (value) => {
    expect(parseRetryAfter(value, now) ?? 0).toBe(0);
  });
});

describe('the code of a network error', () => {
  const calm = new AbortController().signal;
  const codeOf = (code: string) => networkErrorCode(Object.assign(new Error('x'), { code }), calm);

  it.each([
    ['connection_refused', ['ECONNREFUSED']],
    ['connection_reset', ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']],
    ['dns_not_found', ['ENOTFOUND']],
    ['dns_unavailable', ['EAI_AGAIN']],
    ['unreachable', ['EHOSTUNREACH', 'ENETUNREACH']],
    ['timeout', ['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']],
    [
      'tls_error',
      [
        'CERT_HAS_EXPIRED',
        'DEPTH_ZERO_SELF_SIGNED_CERT',
        'SELF_SIGNED_CERT_IN_CHAIN',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        'ERR_SSL_WRONG_VERSION_NUMBER',
        'EPROTO',
      ],
    ],
    ['network_error', ['HPE_INVALID_CONSTANT', 'ERR_OTHER', '']],
  ])('is %s for %j', (expected, codes) => {
    for (const code of codes) expect(codeOf(code), code).toBe(expected);
  });

  it('is that of the first address if the host has several addresses', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(networkErrorCode(new AggregateError([refused, new Error('y')]), calm)).toBe('connection_refused');
    expect(networkErrorCode(new AggregateError([]), calm)).toBe('network_error');
  });

  it('is timeout once the attempt is out of time, whatever the error is', () => {
    const error = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(networkErrorCode(error, AbortSignal.abort())).toBe('timeout');
  });

  it('is network_error for an error without a code', () => {
    expect(networkErrorCode(new TypeError('Invalid URL'), calm)).toBe('network_error');
  });
});

describe('a delivery that gets no answer', () => {
  const agent = new Agent();
  const servers: Server[] = [];
  afterAll(async () => {
    await agent.destroy();
    for (const server of servers) server.close();
  });

  async function listen(server: Server): Promise<string> {
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function codeOf(url: string, signal = new AbortController().signal): Promise<string> {
    const error = await request(url, { method: 'POST', body: '{}', signal, dispatcher: agent }).then(
      () => expect.fail('an answer came'),
      (thrown: unknown) => thrown,
    );
    return networkErrorCode(error, signal);
  }

  it('has connection_refused if nothing listens', async () => {
    const server = createServer();
    const address = await listen(server);
    await new Promise((done) => server.close(done));
    expect(await codeOf(`http://${address}`)).toBe('connection_refused');
    expect(await codeOf(`http://localhost:${address.split(':')[1]}`)).toBe('connection_refused');
  });

  it('has connection_reset if the endpoint closes the connection', async () => {
    const hangUp = (how: (socket: Socket) => void) =>
      createServer((socket) => void socket.once('data', () => how(socket)));
    expect(await codeOf(`http://${await listen(hangUp((socket) => socket.end()))}`)).toBe('connection_reset');
    expect(await codeOf(`http://${await listen(hangUp((socket) => socket.resetAndDestroy()))}`)).toBe(
      'connection_reset',
    );
  });

  it('has tls_error if the endpoint does not speak TLS', async () => {
    expect(await codeOf(`https://${await listen(createHttpServer())}`)).toBe('tls_error');
  });

  it('has timeout if the endpoint never answers', async () => {
    const address = await listen(createServer((socket) => socket.unref()));
    expect(await codeOf(`http://${address}`, AbortSignal.timeout(20))).toBe('timeout');
  });
});
