// Tests what strangers can hold on the public port: clients that dribble, that never finish, and that never close.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectionsHeld, headOf, residentBytes, Stranger } from '../support/stranger.ts';
import { newId, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const MIB = 1_048_576;
const folder = mkdtempSync(join(tmpdir(), 'surehook-strangers-'));
let surehook: Surehook;
let strangers: Stranger[] = [];

async function start(env: Record<string, string> = {}): Promise<Surehook> {
  return await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'strangers',
    env: { SUREHOOK_STORAGE: `disk:${folder}`, ...env },
  });
}

async function stranger(to = surehook, from?: string): Promise<Stranger> {
  const one = await Stranger.connect(to.publicUrl, from);
  strangers.push(one);
  return one;
}

const letGo = () => {
  for (const { socket } of strangers) socket.destroy();
  strangers = [];
};

beforeAll(async () => {
  surehook = await start();
});
afterAll(async () => {
  await surehook.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(letGo);

async function send(source: string, filling = '', to = surehook): Promise<number> {
  const body = JSON.stringify({ event_id: newId(), filling });
  return (await to.post(source, body, { ...signHmac(body), connection: 'close' })).status;
}

/** Waits until the server has let go of everything, though the strangers have not. */
async function untilFreed(): Promise<void> {
  await waitFor(() => strangers.every(({ isRefused }) => isRefused));
  await waitFor(
    () => connectionsHeld(surehook.publicUrl),
    (held) => held.length === 0,
  );
}

it('bodies in chunks of one byte, on ten sockets, cost no more than they weigh', async () => {
  const { pid } = surehook.child;
  const bytesEach = 262_144;
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(4_096));
  const before = residentBytes(pid);
  const ten = await Promise.all(Array.from({ length: 10 }, () => stranger()));
  await Promise.all(
    ten.map(async (one) => {
      await one.send(headOf('partner', 'Transfer-Encoding: chunked'));
      for (let sent = 0; sent < bytesEach; sent += 4_096) await one.send(chunks);
    }),
  );
  // This request is answered after the bytes before it have been read.
  const headers = { connection: 'close' };
  expect((await fetch(`${surehook.publicUrl}/healthz`, { headers })).status).toBe(200);
  const grown = residentBytes(pid) - before;
  expect(ten.every(({ text }) => text === '')).toBe(true); // they are still being read
  expect(grown).toBeLessThan(200 * MIB); // 420 bytes for each were 1,050 MiB
});

describe('a client that never closes', () => {
  it('and trickles its body is answered with 408 within seconds, and everything that it held is freed', async () => {
    const one = await stranger();
    const begun = performance.now();
    await one.send(headOf('partner', 'Content-Length: 1000'));
    const trickle = setInterval(() => one.socket.write('x'), 200);
    await waitFor(() => one.text !== '');
    clearInterval(trickle);
    expect(one.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(one.text).toContain('"code":"request_timeout"');
    expect(performance.now() - begun).toBeLessThan(15_000);
    await untilFreed();
  });

  it.each([
    ['and sends nothing', ''],
    ['and sends half its headers', 'POST /webhooks/partner HTTP/1.1\r\nHost: x\r\n'],
    ['and sends no HTTP', 'nonsense\r\n\r\n'],
    ['and sends half its body', `${headOf('partner', 'Content-Length: 1000')}half`],
    ['and announces a body that is too large', headOf('partner', 'Content-Length: 100000000')],
    ['and announces a body for nobody', headOf('nobody', 'Content-Length: 1000')],
    ['and has sent a whole request', `${headOf('partner', 'Content-Length: 1\r\nConnection: close')}x`],
    ['and breaks off its chunks', `${headOf('partner', 'Transfer-Encoding: chunked')}zz\r\n`],
  ])('%s loses its connection by a deadline', async (_, bytes) => {
    for (let i = 0; i < 8; i++) await (await stranger()).send(bytes);
    await untilFreed();
  });
});

it('260 clients that hold back their last byte keep no other source at 503, and their own only for seconds', async () => {
  const almost = Buffer.alloc(MIB - 1, 'x');
  const crowd = await Promise.all(
    Array.from({ length: 260 }, (_, i) => stranger(surehook, `127.0.1.${(i % 50) + 1}`)),
  );
  for (const one of crowd) {
    void one.send(headOf('partner', `Content-Length: ${MIB}`));
    void one.send(almost);
  }
  await waitFor(() => crowd.some(({ text }) => text.includes('not_queued')));
  expect(await send('other')).toBe(202);
  const begun = performance.now();
  await waitFor(
    () => send('partner', 'x'.repeat(900_000)),
    (status) => status === 202,
  );
  expect(performance.now() - begun).toBeLessThan(30_000);
  await untilFreed();
});

it('eight idle announcements of 16 MiB keep no large body out', async () => {
  for (let i = 0; i < 8; i++) await (await stranger()).send(headOf('large', `Content-Length: ${16 * MIB}`));
  expect(await send('large', 'x'.repeat(4_000_000))).toBe(202);
  await untilFreed();
});

describe('a rate', () => {
  let limited: Surehook;
  beforeAll(async () => {
    limited = await start({
      SUREHOOK_WEBHOOKS_PER_SECOND_PER_CLIENT: '5',
      SUREHOOK_TRUSTED_PROXIES: '127.0.9.9',
    });
  });
  afterAll(async () => void (await limited.stop()));

  const ask = async (source: string, from: string, header = 'Content-Length: 0') => {
    const one = await stranger(limited, from);
    await one.send(headOf(source, header));
    await waitFor(() => one.text.includes('\r\n\r\n'));
    return one.text;
  };
  const untilRefused = async (once: () => Promise<string>) =>
    await waitFor(once, (text) => text.startsWith('HTTP/1.1 429 '));

  it('of an address is held, before any of the body is read, while another address is answered', async () => {
    const half = 'Content-Length: 1000';
    const refused = await untilRefused(() => ask('partner', '127.0.5.1', 'Content-Length: 0'));
    expect(refused).toContain('"code":"too_many_requests"');
    expect(refused).toMatch(/^RateLimit-Policy: "client";q=10;w=2\r$/im);
    expect(refused).toMatch(/^RateLimit: "client";r=0;t=2\r$/im);
    expect(refused).toMatch(/^Retry-After: 1\r$/im);
    expect(await untilRefused(() => ask('partner', '127.0.5.1', half))).toContain('too_many_requests');
    expect(await ask('partner', '127.0.5.2')).toMatch(/^HTTP\/1.1 401 /);
    expect(await ask('nobody', '127.0.5.2')).toMatch(/^HTTP\/1.1 404 /);
  });

  it('of an address behind a trusted proxy is that of the address', async () => {
    const from = (client: string) => `X-Forwarded-For: ${client}\r\nContent-Length: 0`;
    await untilRefused(() => ask('partner', '127.0.9.9', from('198.51.100.7:4711')));
    expect(await ask('partner', '127.0.9.9', from('198.51.100.8'))).toMatch(/^HTTP\/1.1 401 /);
  });

  it('of a source is held, while another source is answered, and a webhook is taken once there is room', async () => {
    let [n, refused] = [0, ''];
    const next = () => ask('paced', `127.0.6.${(n++ % 200) + 1}`);
    refused = await untilRefused(next);
    expect(refused).toMatch(/^RateLimit-Policy: "source";q=3;w=2\r$/im);
    expect(refused).toMatch(/^Retry-After: 1\r$/im);
    expect(await send('other', '', limited)).toBe(202);
    await waitFor(
      () => send('paced', '', limited),
      (status) => status === 202,
    );
  });
});

describe('connections', () => {
  let limited: Surehook;
  beforeAll(async () => {
    limited = await start({
      SUREHOOK_MAX_CONNECTIONS: '20',
      SUREHOOK_MAX_CONNECTIONS_PER_CLIENT: '5',
      SUREHOOK_TRUSTED_PROXIES: '127.0.9.9',
    });
  });
  afterAll(async () => void (await limited.stop()));
  afterEach(letGo);
  /** Opens connections and waits until the server has closed those that are too many. */
  const open = async (count: number, from?: string) => {
    const opened = await Promise.all(Array.from({ length: count }, () => stranger(limited, from)));
    await waitFor(async () => (await limited.operator('/healthz')).ok);
    return opened;
  };
  const closed = (all: Stranger[]) => all.filter(({ isRefused }) => isRefused).length;

  it('of one address are limited, while another address and the operator are answered', async () => {
    const seven = await open(7, '127.0.2.1');
    await waitFor(() => closed(seven) === 2);
    expect(await send('other', '', limited)).toBe(202);
    expect((await limited.operator('/readyz')).status).toBe(200);
  });

  it('are limited in all, and the operator is answered still', async () => {
    const all = (await Promise.all(Array.from({ length: 5 }, (_, i) => open(5, `127.0.3.${i + 1}`)))).flat();
    await waitFor(() => closed(all) === 5);
    expect((await limited.operator('/readyz')).status).toBe(200);
    expect((await limited.operator('/healthz')).status).toBe(200);
    letGo();
    await waitFor(
      () => send('other', '', limited).catch(() => 0),
      (status) => status === 202,
    );
    expect(limited.output).toContain('connections refused: there are too many');
  });

  it('of a trusted proxy are not limited, but the requests that one of its clients has under way are', async () => {
    const half = (client: string) => headOf('partner', `X-Forwarded-For: ${client}\r\nContent-Length: 1000`);
    const seven = await open(7, '127.0.9.9');
    for (const one of seven) await one.send(half('198.51.100.1'));
    await waitFor(() => seven.filter(({ text }) => text.startsWith('HTTP/1.1 429 ')).length === 2);
    const [another] = await open(1, '127.0.9.9');
    await another?.send(`${half('198.51.100.2')}${'x'.repeat(1_000)}`);
    await waitFor(() => another?.text.startsWith('HTTP/1.1 401 '));
    expect(closed([...seven, another as Stranger])).toBe(0);
  });
});
