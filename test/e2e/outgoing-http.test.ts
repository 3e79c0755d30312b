// Tests deliveries of a running Surehook to endpoints with TLS of their own, behind a proxy, that ask for waits, that move.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { ForwardProxy } from '../support/forward-proxy.ts';
import { Receiver } from '../support/receiver.ts';
import { type Event, newId, Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

let files: Certificates;
let proxy: ForwardProxy;
let receiver: Receiver;
let secured: Server;
let surehook: Surehook;
const shown: string[] = [];

beforeAll(async () => {
  files = makeCertificates();
  [proxy, receiver] = await Promise.all([ForwardProxy.start(), Receiver.start()]);
  const [ca, cert, key] = [files.ca, files.serverCert, files.serverKey].map(files.read);
  secured = createServer({ ca, cert, key, requestCert: true } as object, (request, response) => {
    shown.push((request.socket as TLSSocket).getPeerCertificate().subject.CN as string);
    request.resume().on('end', () => response.end('ok'));
  });
  await new Promise<void>((done) => secured.listen(0, '127.0.0.1', done));
  const env = {
    RECEIVER_URL: receiver.url,
    FAR_URL: receiver.url.replace('127.0.0.1', 'far.test'),
    SECURE_URL: `https://localhost:${(secured.address() as AddressInfo).port}`,
    CA_FILE: files.ca,
    CLIENT_CERT: files.read(files.clientCert),
    CLIENT_KEY: files.read(files.clientKey),
    HTTP_PROXY: proxy.url,
    SUFFIX: `-${newId('o').replace('_', '-')}`,
  };
  const [temporalAddress, taskQueue] = [inject('temporalAddress'), newId('queue')];
  surehook = await Surehook.start({ role: 'serve', temporalAddress, taskQueue, env, config: 'outgoing' });
});

afterAll(async () => {
  await surehook?.stop('SIGKILL');
  secured.close();
  files.remove();
  await Promise.all([proxy.stop(), receiver.stop()]);
});

const isClosed = ({ closed_at }: Event) => closed_at !== null;

async function send(type: string, event_id = newId()): Promise<string> {
  expect((await surehook.send({ event_id, type })).status).toBe(202);
  return event_id;
}

it('an endpoint with mutual TLS gets its delivery, and sees the certificate of its config', async () => {
  const event = await surehook.untilEvent('partner', await send('secure'), isClosed);
  expect(event.deliveries[0]?.attempts).toMatchObject([{ status_code: 200 }]);
  expect(shown).toEqual(['client']);
});

it('an endpoint that only the proxy can reach gets its delivery through HTTP_PROXY', async () => {
  const event = await surehook.untilEvent('partner', await send('far'), isClosed);
  expect(event.status).toBe('processed');
  expect(proxy.requests.map(({ line }) => line)).toEqual([
    `POST ${receiver.url.replace('127.0.0.1', 'far.test')}/far`,
  ]);
});

it('a redirect is not followed, and its attempt shows where it leads', async () => {
  receiver.answerAll('/moved', { status: 301, headers: { location: `${receiver.url}/new` } });
  const event = await surehook.untilEvent('partner', await send('moved'), isClosed);
  expect(event.deliveries[0]?.attempts).toMatchObject([
    { status_code: 301, message: `redirects are not followed; Location: ${receiver.url}/new` },
  ]);
  expect(receiver.requests.filter(({ path }) => path === '/new')).toEqual([]);
});

it('a 429 with Retry-After holds the endpoint: other events too come later, and not all at once', async () => {
  const first = newId();
  const headers = { 'retry-after': '4' };
  receiver.script('/limited', first, [{ status: 429, headers }, 200]);
  await send('limited', first);
  await waitFor(() => receiver.of(first).length === 1);
  const told = receiver.of(first)[0]?.at ?? 0;
  await surehook.untilEvent('partner', first, ({ deliveries }) => deliveries[0]?.attempts.length === 1);
  const others = await Promise.all(Array.from({ length: 5 }, () => send('limited')));
  for (const id of [first, ...others]) await surehook.untilEvent('partner', id, isClosed);
  const times = [...others.map((id) => receiver.of(id)[0]?.at ?? 0), receiver.of(first)[1]?.at ?? 0];
  for (const at of times) expect(at - told).toBeGreaterThanOrEqual(3_990);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(352);
  for (const id of others) {
    const { deliveries } = await surehook.event('partner', id);
    expect(deliveries[0]?.attempts).toMatchObject([{ attempt: 1, status_code: 200 }]);
  }
});

it('a delivery has 15 s by default, from its first, local attempt on', async () => {
  const id = newId();
  receiver.script('/slow', id, [{ status: 200, delayMs: 11_000 }]);
  await send('slow', id);
  const event = await surehook.untilEvent('partner', id, isClosed);
  expect(event.deliveries[0]?.attempts).toMatchObject([{ attempt: 1, status_code: 200 }]);
  expect(receiver.of(id)).toHaveLength(1);
  expect(event.deliveries[0]?.attempts[0]?.duration_ms).toBeGreaterThan(10_900);
});
