// Tests what an outgoing request makes of HTTP as it is out there: interim answers, large headers, dead addresses,
// addresses that change, redirects, compressed answers.
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { alternate } from '../../src/activities/http/connector.ts';
import { httpPost } from '../../src/activities/http/http-post.ts';
import { Outlets, type OutletsOptions } from '../../src/activities/http/outlets.ts';
import { DeadAddress } from '../support/dead-address.ts';
import { waitFor } from '../support/wait-for.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => void sockets.add(socket));
  await new Promise<void>((done) => server.listen(port, host, done));
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

const serve = async (listener: RequestListener, host?: string, port?: number) =>
  await listen(createHttpServer(listener), host, port);

/** An endpoint that writes these bytes when it has a request, one write after the other. */
async function write(...texts: string[]): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.setNoDelay(true).on('data', async () => {
      for (const text of texts) {
        socket.write(text);
        await new Promise((done) => setTimeout(done, 2));
      }
    });
  });
  return { url: await listen(server), connections: () => connections };
}

function client(options: Partial<OutletsOptions> = {}, limitMs = 5_000) {
  const outlets = new Outlets({ proxy: undefined, ...options });
  stops.push(() => void outlets.close());
  return async (url: string, withinMs = limitMs) =>
    await httpPost({
      url,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from('{}'),
      signal: AbortSignal.timeout(withinMs),
      outlet: outlets.of('test', { limitMs }),
    });
}

/** undici lends a connection out again one turn of the event loop after its answer. */
const untilFree = async () => {
  for (let i = 0; i < 3; i++) await nextTurn();
};

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n';

describe('an answer of status 1xx', () => {
  it.each([
    ['100 in one piece with the answer', [CONTINUE + OK]],
    ['100 in a piece of its own', [CONTINUE, OK]],
    ['102, 103 and 100, one after the other', ['HTTP/1.1 102 Processing\r\n\r\n', HINTS, CONTINUE, OK]],
    ['100 byte by byte', [...CONTINUE, ...OK]],
    ['100 of HTTP/1.0, with headers', ['HTTP/1.0 100 Go on\r\nx: y\r\n', '\r\n', OK]],
  ])('is passed over: %s', async (_, texts) => {
    const { url, connections } = await write(...texts);
    const post = client();
    for (let i = 0; i < 3; i++) {
      expect(await post(url)).toEqual({ ok: true, statusCode: 200, responseExcerpt: 'ok' });
      await untilFree();
    }
    expect(connections()).toBe(1);
  });

  it('does not end the wait for the answer', async () => {
    const { url } = await write(CONTINUE);
    expect(await client({}, 300)(url)).toMatchObject({ error: 'timeout', message: /^no answer in \d+ ms$/ });
  });
});

describe('an answer', () => {
  it('may have 24 kB of cookies', async () => {
    const cookies = Array.from({ length: 24 }, (_, i) => `c${i}=${'x'.repeat(1_000)}`);
    const url = await serve((_, response) => response.writeHead(200, { 'set-cookie': cookies }).end('ok'));
    expect(await client()(url)).toMatchObject({ ok: true, statusCode: 200 });
  });

  it('shows where a redirect leads, which is not followed', async () => {
    const paths: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(301, { location: 'https://new.example.com/hooks?a=1' }).end('moved');
    });
    expect(await client()(`${url}/old`)).toMatchObject({
      ok: false,
      statusCode: 301,
      responseExcerpt: 'moved',
      message: 'redirects are not followed; Location: https://new.example.com/hooks?a=1',
    });
    expect(paths).toEqual(['/old']);
  });

  const text = 'the order is not known, see the manual; '.repeat(100);
  it.each([
    ['gzip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip', gzipSync(text).subarray(0, -8)],
  ])('that is compressed by %s is decoded', async (encoding, bytes) => {
    const url = await serve((_, response) =>
      response.writeHead(400, { 'content-encoding': encoding }).end(bytes),
    );
    expect((await client()(url)).responseExcerpt).toBe(text.slice(0, 500));
  });

  it('of a few kilobytes that hold a gigabyte is decoded as far as it is shown', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, 'a'));
    const url = await serve((_, response) =>
      response.writeHead(400, { 'content-encoding': 'gzip' }).end(bomb),
    );
    const before = process.memoryUsage.rss();
    expect((await client()(url)).responseExcerpt).toBe('a'.repeat(500));
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  it.each([
    ['compress', '[a body with content-encoding compress]'],
    ['gzip, br', '[a body with content-encoding gzip, br]'],
    ['gzip', '[a body with content-encoding gzip]'],
  ])('that cannot be decoded (%s) is named', async (encoding, expected) => {
    const url = await serve((_, response) =>
      response.writeHead(500, { 'content-encoding': encoding }).end('\x01\x02not compressed'),
    );
    expect((await client()(url)).responseExcerpt).toBe(expected);
  });

  it('counts from its status on, though its body breaks off or hangs', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun';
    const { url } = await write(head);
    expect(await client({}, 300)(url)).toMatchObject({ ok: true, responseExcerpt: 'begun' });
    const cut = await listen(
      createServer((socket) => void socket.once('data', () => socket.end(head)).on('error', () => undefined)),
    );
    expect(await client()(cut)).toMatchObject({ ok: true, responseExcerpt: 'begun' });
  });
});

describe('a host with several addresses', () => {
  const two = async () => [
    { address: '127.0.0.2', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ];
  const answerLate: RequestListener = (_, response) => setTimeout(() => response.end('ok'), 1_000);

  it('is reached by the second if the first is dead, with what is left of the limit', async () => {
    const dead = await DeadAddress.start('127.0.0.2');
    stops.push(dead.stop);
    await serve(answerLate, '127.0.0.1', dead.port);
    const post = client({ lookup: two });
    expect(await post(`http://dual.test:${dead.port}/`)).toMatchObject({ ok: true, statusCode: 200 });
  });

  it('is reached by the second if the first refuses', async () => {
    const { port } = new URL(await serve((_, response) => response.end('ok'), '127.0.0.1'));
    expect(await client({ lookup: two })(`http://dual.test:${port}/`)).toMatchObject({ ok: true });
  });

  it('that are all dead has a message with each, and with the time that it took', async () => {
    const first = await DeadAddress.start('127.0.0.2');
    const second = await DeadAddress.start('127.0.0.1', first.port);
    stops.push(first.stop, second.stop);
    const begun = Date.now();
    const { error, message } = await client({ lookup: two }, 800)(`http://dual.test:${first.port}/`);
    expect(Date.now() - begun).toBeLessThan(2_500);
    const [, ms] =
      /^no connection to 127\.0\.0\.2:\d+, 127\.0\.0\.1:\d+ in (\d+) ms$/.exec(`${message}`) ?? [];
    expect(error).toBe('timeout');
    expect(Number(ms)).toBeGreaterThanOrEqual(795);
    expect(Number(ms)).toBeLessThan(2_500);
  });

  it('that all refuse has a message with the fault of each', async () => {
    const { port } = new URL(await serve(() => undefined, '127.0.0.3'));
    expect(await client({ lookup: two })(`http://dual.test:${port}/`)).toMatchObject({
      error: 'connection_refused',
      message: `connect ECONNREFUSED 127.0.0.2:${port}; connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });

  it('is tried by alternating families', () => {
    const [a, b, c, d] = [6, 6, 6, 4].map((family, i) => ({ address: `address ${i}`, family }));
    expect(alternate([a, b, c, d] as never)).toEqual(['address 0', 'address 3', 'address 1', 'address 2']);
  });
});

describe('a connection', () => {
  it('that hangs ends with its attempt, and the next attempt has one of its own', async () => {
    const dead = await DeadAddress.start();
    const post = client({}, 10_000);
    const begun = Date.now();
    const { error } = await post(`http://127.0.0.1:${dead.port}/`, 300);
    expect(error).toBe('timeout');
    expect(Date.now() - begun).toBeLessThan(2_000);
    await dead.stop();
    await serve((_, response) => response.end('ok'), '127.0.0.1', dead.port);
    expect(await post(`http://127.0.0.1:${dead.port}/`)).toMatchObject({ ok: true });
  });

  it('that is busy is left when it is old, so that a host whose address changes is followed', async () => {
    const hosts: string[] = [];
    const answer: RequestListener = (request, response) => {
      hosts.push(request.socket.localAddress ?? '');
      response.end('ok');
    };
    const { port } = new URL(await serve(answer, '127.0.0.1'));
    await serve(answer, '127.0.0.2', Number(port));
    let address = '127.0.0.1';
    let lookups = 0;
    const lookup = async () => {
      lookups += 1;
      return [{ address, family: 4 }];
    };
    const post = client({ lookup, connectionAgeMaxMs: 500 });
    for (let i = 0; i < 5; i++) {
      await post(`http://moves.test:${port}/`);
      await untilFree();
    }
    expect([...new Set(hosts)]).toEqual(['127.0.0.1']);
    expect(lookups).toBe(1); // until then, connections are kept
    address = '127.0.0.2';
    await waitFor(async () => {
      await post(`http://moves.test:${port}/`);
      return hosts.at(-1) === '127.0.0.2';
    });
    const { length } = hosts;
    for (let i = 0; i < 5; i++) await post(`http://moves.test:${port}/`);
    expect([...new Set(hosts.slice(length - 1))]).toEqual(['127.0.0.2']);
  });
});
