// Tests the public listener with TLS of its own: what strangers can hold, a certificate that changes, and files that are wrong.
import { copyFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { readTlsPair, type TlsFiles } from '../../src/config/tls-pair.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { connectionsHeld, headOf, Stranger } from '../support/stranger.ts';
import { newId, Surehook, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let [first, second]: Certificates[] = [];
let surehook: Surehook;
let strangers: Stranger[] = [];
/** The files that Surehook is given; the certificate is reached by a link. */
const [link, cert, key] = ['link', 'cert', 'key'].map((name) =>
  join(tmpdir(), `surehook-tls-${process.pid}-${name}.pem`),
) as [string, string, string];

function give({ serverCert, serverKey }: Certificates, what: 'cert' | 'key' | 'both' = 'both'): void {
  if (what !== 'key') {
    copyFileSync(serverCert, `${cert}.new`);
    renameSync(`${cert}.new`, cert);
  }
  if (what !== 'cert') copyFileSync(serverKey, key);
}

const START = { role: 'serve', config: 'strangers' } as const;
const ENV = { SUREHOOK_TLS_CERT: link, SUREHOOK_TLS_KEY: key };

async function start(env: Record<string, string> = {}): Promise<Surehook> {
  const storage = { SUREHOOK_STORAGE: `disk:${join(tmpdir(), `surehook-tls-${process.pid}`)}` };
  return await Surehook.start({
    ...START,
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    env: { ...ENV, ...storage, ...env },
  });
}

beforeAll(async () => {
  [first, second] = [makeCertificates(), makeCertificates()];
  give(first);
  symlinkSync(cert, link);
  surehook = await start();
});
beforeEach(() => give(first as Certificates));
afterEach(() => {
  for (const { socket } of strangers) socket.destroy();
  strangers = [];
});
afterAll(async () => {
  await surehook.stop();
  for (const path of [link, cert, key]) rmSync(path, { force: true });
  for (const one of [first, second]) one?.remove();
});

async function stranger(url = surehook.publicUrl, from?: string): Promise<Stranger> {
  const one = await Stranger.connect(url, from);
  strangers.push(one);
  return one;
}

/** Speaks no TLS. */
const plainly = (to = surehook) => to.publicUrl.replace('https:', 'http:');

/** Sends a webhook to the listener, whose certificate must be one of `files`. @returns the status */
function send(files: Certificates, to = surehook): Promise<number> {
  const body = JSON.stringify({ event_id: newId() });
  const agent = new Agent({ ca: files.read(files.ca), maxCachedSessions: 0 });
  const headers = { ...signHmac(body), 'content-length': body.length, connection: 'close' };
  return new Promise((resolve, reject) => {
    const sent = request(`${to.publicUrl}/webhooks/partner`, { method: 'POST', headers, agent }, (response) =>
      response.resume().once('end', () => resolve(response.statusCode ?? 0)),
    );
    sent.once('error', reject).end(body);
  });
}

const linesOf = (text: string) => surehook.logLines().filter(({ msg }) => String(msg).includes(text));
const RENEWED = 'the certificate of the listener is a new one';
const REFUSED = 'the new certificate is refused';

it('a webhook is taken over TLS, and the log names the URL', async () => {
  expect(surehook.publicUrl).toMatch(/^https:/);
  expect(await send(first as Certificates)).toBe(202);
});

describe('a client that never closes', () => {
  it.each([
    ['and says nothing', true, ''],
    ['and speaks plain HTTP', true, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['and sends half a handshake', true, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['and sends nothing after the handshake', false, ''],
    ['and sends half its headers', false, 'POST /webhooks/partner HTTP/1.1\r\nHost: x\r\n'],
    ['and sends half its body', false, `${headOf('partner', 'Content-Length: 1000')}half`],
    ['and announces a body that is too large', false, headOf('partner', 'Content-Length: 100000000')],
  ])('%s loses its connection by a deadline', async (_, isPlain, bytes) => {
    const url = isPlain ? plainly() : surehook.publicUrl;
    for (let i = 0; i < 8; i++) await (await stranger(url)).send(bytes);
    await waitFor(() => strangers.every(({ isRefused }) => isRefused));
    await waitFor(() => connectionsHeld(url).length === 0);
  });
});

it('connections of one address are limited before they shake hands, and a stop does not wait for them', async () => {
  const limited = await start({ SUREHOOK_MAX_CONNECTIONS_PER_CLIENT: '5' });
  try {
    const seven = await Promise.all(Array.from({ length: 7 }, () => stranger(plainly(limited), '127.0.2.1')));
    await waitFor(() => seven.filter(({ isRefused }) => isRefused).length === 2);
    expect(await send(first as Certificates, limited)).toBe(202);
    const begun = performance.now();
    expect(await limited.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(9_500);
  } finally {
    await limited.stop('SIGKILL');
  }
});

describe('a certificate that changes', () => {
  it('is the one of the next connection, and an open connection goes on', async () => {
    const { hostname: host, port } = new URL(surehook.publicUrl);
    const open: TLSSocket = connect({ host, port: Number(port), rejectUnauthorized: false });
    let text = '';
    open.on('data', (bytes) => {
      text += bytes;
    });
    await new Promise((done) => open.once('secureConnect', done));
    give(second as Certificates);
    await waitFor(() =>
      send(second as Certificates).then(
        (status) => status === 202,
        () => false,
      ),
    );
    expect(linesOf(RENEWED).at(-1)).toMatchObject({ subject: 'CN=server', valid_to: expect.any(String) });
    await expect(send(first as Certificates)).rejects.toThrow();
    open.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await waitFor(() => text.startsWith('HTTP/1.1 200 '));
  });

  it('before its key does is refused, with a line that says why, until the key is there', async () => {
    await waitFor(
      () => send(first as Certificates).catch(() => 0),
      (status) => status === 202,
    );
    const refused = linesOf(REFUSED).length;
    give(second as Certificates, 'cert');
    await waitFor(() => linesOf(REFUSED).length > refused);
    expect(linesOf(REFUSED).at(-1)?.error).toMatch(/^SUREHOOK_TLS_KEY: .* is not the key of the certificate/);
    expect(await send(first as Certificates)).toBe(202);
    give(second as Certificates, 'key');
    await waitFor(
      () => send(second as Certificates).catch(() => 0),
      (status) => status === 202,
    );
  });
});

describe('files that cannot be used', () => {
  it.each<[string, Partial<TlsFiles>, RegExp]>([
    [
      'a certificate that is not there',
      { cert: '/nowhere/cert.pem' },
      /^SUREHOOK_TLS_CERT: ENOENT.*\/nowhere/,
    ],
    [
      'a certificate that is none',
      { cert: key },
      /^SUREHOOK_TLS_CERT: .*: expected a certificate in PEM form/,
    ],
    ['a key that is none', { key: cert }, /^SUREHOOK_TLS_KEY: .*: expected a private key in PEM form/],
  ])('are named with what is wrong: %s', (_, files, expected) => {
    const read = () => readTlsPair({ cert, key, ...files });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(expected);
  });

  it('keep Surehook from starting, with one line', async () => {
    const other = second?.serverKey ?? '';
    await expect(start({ SUREHOOK_TLS_KEY: other })).rejects.toThrow(
      `surehook did not start: surehook: SUREHOOK_TLS_KEY: ${other} is not the key of the certificate in SUREHOOK_TLS_CERT, ${link}`,
    );
  });
});
