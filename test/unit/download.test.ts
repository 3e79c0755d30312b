// Tests downloads of documents on real sockets: bounds of bytes and time, answers that are no document, encodings.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createDownload } from '../../src/activities/http/download.ts';
import { Outlets } from '../../src/activities/http/outlets.ts';
import { isTaskError } from '../../src/contracts/failures.ts';
import { DeadAddress } from '../support/dead-address.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** @returns the URL of a server on this machine, and how many bytes its sockets have written */
async function serve(listener: RequestListener) {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const written = () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  return { url: `http://127.0.0.1:${port}/document`, written, host: `127.0.0.1:${port}` };
}

interface Options {
  maxBytes?: number;
  timeoutMs?: number;
  signal?: AbortSignal;
}

async function download(url: string, { maxBytes = 1_000, timeoutMs = 5_000, signal }: Options = {}) {
  const outlets = new Outlets({ proxy: undefined });
  stops.push(async () => await outlets.close());
  const get = createDownload({ outlets, allowLoopback: true });
  return await get({ url, maxBytes, timeoutMs, signal: signal ?? new AbortController().signal });
}

/** @returns the code and the message of a TaskError, or the message of an error that is retried */
async function failure(url: string, options?: Options): Promise<{ code?: string; message: string }> {
  try {
    await download(url, options);
  } catch (error) {
    const { message } = error as Error;
    return isTaskError(error) ? { code: error.code, message } : { message };
  }
  return expect.fail('the download succeeded');
}

describe('a document', () => {
  it('is given byte by byte, with the type that the server says', async () => {
    const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 256));
    let seen: unknown;
    const { url } = await serve(({ method, url: path, headers }, response) => {
      seen = [method, path, headers['user-agent'], headers.authorization];
      response.writeHead(200, { 'content-type': 'application/pdf' }).end(bytes);
    });
    const document = await download(`${url}?a=1&b=%20#page`);
    expect(Buffer.compare(document.bytes, bytes)).toBe(0);
    expect(document.contentType).toBe('application/pdf');
    expect(seen).toEqual(['GET', '/document?a=1&b=%20', 'Surehook', undefined]);
  });

  it('may be empty, and without a type', async () => {
    const { url } = await serve((_, response) => response.end());
    expect(await download(url)).toEqual({ bytes: Buffer.alloc(0), contentType: '' });
  });

  const text = 'the order is not known; '.repeat(40);
  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['identity', Buffer.from(text)],
  ])('that is sent as %s is decoded', async (encoding, bytes) => {
    const { url } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bytes),
    );
    expect(Buffer.from((await download(url)).bytes).toString()).toBe(text);
  });
});

describe('a document that is too large', () => {
  const expected = (host: string) => ({
    code: 'document_too_large',
    message: `the document of ${host} has more than 1000 bytes`,
  });

  it('is refused by the length that is announced, and not read', async () => {
    const { url, host, written } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100_000_000 }).flushHeaders();
    });
    expect(await failure(url)).toEqual(expected(host));
    expect(written()).toBeLessThan(1_000);
  });

  it('is refused when the bytes that come are too many, also of an endless one', async () => {
    const { url, host, written } = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1_000)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failure(url)).toEqual(expected(host));
    expect(written()).toBeLessThan(20_000_000);
  });

  it('is refused when a few kilobytes hold a hundred megabytes, which are not unpacked', async () => {
    for (const [encoding, bomb] of [
      ['gzip', gzipSync(Buffer.alloc(100_000_000))],
      ['br', brotliCompressSync(Buffer.alloc(100_000_000))],
    ] as const) {
      const { url } = await serve((_, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
      );
      const before = process.memoryUsage.rss();
      expect(await failure(url, { maxBytes: 1_000_000 })).toMatchObject({ code: 'document_too_large' });
      expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
    }
  });

  it('may have exactly as many bytes as are allowed', async () => {
    const { url } = await serve((_, response) => response.end(Buffer.alloc(1_000)));
    expect((await download(url)).bytes.length).toBe(1_000);
  });
});

describe('an answer that is no document', () => {
  const answer = async (status: number, headers = {}) =>
    await serve((_, response) => response.writeHead(status, headers).end('INTERNAL: secret of the server'));

  it.each([
    [404, 'document_gone', 'answered 404: there is no document at this URL'],
    [410, 'document_gone', 'answered 410: there is no document at this URL'],
    [400, 'document_unavailable', 'answered 400; the URL must answer a GET without a login'],
    [401, 'document_unavailable', 'answered 401; the URL must answer a GET without a login'],
    [403, 'document_unavailable', 'answered 403; the URL must answer a GET without a login'],
    [451, 'document_unavailable', 'answered 451; the URL must answer a GET without a login'],
    [408, undefined, 'answered 408'],
    [429, undefined, 'answered 429'],
    [500, undefined, 'answered 500'],
    [503, undefined, 'answered 503'],
  ])(
    'of status %i has the code %s, and shows nothing of what the server says',
    async (status, code, text) => {
      const { url, host } = await answer(status);
      const expected = { message: `${host} ${text}` };
      expect(await failure(url)).toEqual(code === undefined ? expected : { code, ...expected });
    },
  );

  it('of a redirect shows where it leads, without the query, which may be a credential', async () => {
    const { url, host } = await answer(302, { location: 'https://login.example.com/in?token=abc' });
    expect(await failure(url)).toEqual({
      code: 'document_unavailable',
      message: `${host} answered 302, Location: https://login.example.com/in?…; redirects are not followed, give the URL of the document itself`,
    });
  });

  it('of an encoding that was not asked for is refused', async () => {
    const { url, host } = await answer(200, { 'content-encoding': 'compress' });
    expect(await failure(url)).toEqual({
      code: 'document_unavailable',
      message: `${host} sent the content-encoding compress unasked`,
    });
  });
});

describe('a download that may go better next time', () => {
  it('broke off', async () => {
    const { url, host } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 500 }).write('begun');
      setImmediate(() => response.destroy());
    });
    const { code, message } = await failure(url);
    expect(code).toBeUndefined();
    expect(message).toMatch(/broke off|could not be reached \(connection_reset\)/);
    expect(message).toContain(host);
  });

  it('was damaged', async () => {
    const { url, host } = await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('text').subarray(0, -6)),
    );
    const { code, message } = await failure(url);
    expect(code).toBeUndefined();
    expect(message).toContain(`the document of ${host} could not be decoded (gzip): `);
  });

  it.each<[string, RequestListener]>([
    ['before the answer', () => undefined],
    ['in the middle of it', (_, response) => void response.writeHead(200).write('begun')],
  ])('took too long, %s', async (_, listener) => {
    const { url, host } = await serve(listener);
    const begun = performance.now();
    expect(await failure(url, { timeoutMs: 300 })).toEqual({
      message: `the document of ${host} did not come whole within 300 ms`,
    });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it('took too long to connect, or was refused', async () => {
    const dead = await DeadAddress.start();
    const host = `127.0.0.1:${dead.port}`;
    expect(await failure(`http://${host}/`, { timeoutMs: 300 })).toEqual({
      message: `the document of ${host} did not come whole within 300 ms`,
    });
    await dead.stop();
    expect(await failure(`http://${host}/`)).toEqual({
      message: `${host} could not be reached (connection_refused): connect ECONNREFUSED ${host}`,
    });
  });
});

describe('a download', () => {
  it('ends with the reason of its signal', async () => {
    const { url } = await serve(() => undefined);
    const reason = new Error('the task was cancelled');
    const stop = new AbortController();
    const result = download(url, { signal: stop.signal });
    stop.abort(reason);
    await expect(result).rejects.toBe(reason);
    await expect(download(url, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('of a URL that is not allowed is refused, at once and by its address', async () => {
    expect(await failure('http://example.com/')).toEqual({
      code: 'url_not_allowed',
      message: 'http is for this machine only; use https',
    });
    const outlets = new Outlets({
      proxy: undefined,
      lookup: async () => [{ address: '169.254.169.254', family: 4 }],
    });
    stops.push(async () => await outlets.close());
    const get = createDownload({ outlets, allowLoopback: false });
    const { signal } = new AbortController();
    const url = 'https://metadata.example.com/';
    await expect(get({ url, maxBytes: 10, timeoutMs: 5_000, signal })).rejects.toMatchObject({
      code: 'url_not_allowed',
      message: expect.stringContaining('metadata.example.com has the address 169.254.169.254'),
    });
  });
});
