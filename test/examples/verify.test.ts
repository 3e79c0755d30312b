// Tests the examples of `surehook/signatures` in frameworks: each takes a signed request, and refuses all others.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signRequest } from '../../src/signatures/index.ts';

const secret = 'whsec_of-the-examples-0123456789';
// Two spaces, and letters beyond ASCII: whoever parses the body and writes it again signs other bytes.
const rawBody = Buffer.from('{ "id":  "evt_1", "type": "invoice.paid", "name": "Zoë" }');
type Ask = (init: { headers: Record<string, string>; body?: Buffer<ArrayBuffer> }) => Promise<Response>;

const asks: Record<string, Ask> = {};
const stops: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  process.env.STRIPE_WEBHOOK_SECRET = secret; // the examples read it when they are loaded
  const { app: express } = await import('../../examples/verify-express/server.ts');
  const server = express.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => void server.close());
  const { app: fastify } = await import('../../examples/verify-fastify/server.ts');
  const address = await fastify.listen({ port: 0, host: '127.0.0.1' });
  stops.push(() => fastify.close());
  const { default: hono } = await import('../../examples/verify-hono/server.ts');
  const { POST } = await import('../../examples/verify-next/app/webhooks/stripe/route.ts');
  const path = '/webhooks/stripe';
  const url = 'https://app.example.com/webhooks/stripe';
  asks.express = (init) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method: 'POST', ...init });
  asks.fastify = (init) => fetch(address + path, { method: 'POST', ...init });
  asks.hono = async (init) => await hono.fetch(new Request(url, { method: 'POST', ...init }));
  asks.next = (init) => POST(new Request(url, { method: 'POST', ...init }));
});

afterAll(async () => void (await Promise.all(stops.map((stop) => stop()))));

describe.each(['express', 'fastify', 'hono', 'next'])('the example of %s', (name) => {
  const ask: Ask = (init) => (asks[name] as Ask)(init);
  const signed = (bytes = rawBody) => ({
    'content-type': 'application/json; charset=utf-8',
    ...signRequest({ scheme: 'stripe', secret, rawBody: bytes }),
  });

  it('takes a signed request', async () => {
    const answer = await ask({ headers: signed(), body: rawBody });
    expect([answer.status, await answer.json()]).toEqual([200, { received: 'evt_1' }]);
  });

  it('refuses other bytes, another secret, and no signature', async () => {
    const wrong = [
      { headers: signed(Buffer.from(JSON.stringify(JSON.parse(rawBody.toString())))), body: rawBody },
      {
        headers: { ...signed(), ...signRequest({ scheme: 'stripe', secret: 'whsec_another', rawBody }) },
        body: rawBody,
      },
    ];
    for (const init of wrong) {
      const answer = await ask(init);
      expect([answer.status, await answer.json()]).toEqual([401, { error: 'signature_invalid' }]);
    }
    const answer = await ask({ headers: { 'content-type': 'application/json' }, body: rawBody });
    expect([answer.status, await answer.json()]).toEqual([401, { error: 'signature_missing' }]);
  });

  it('refuses a request without a body', async () => {
    const answer = await ask({ headers: { 'stripe-signature': 't=1,v1=00' } });
    expect(answer.status).toBe(401);
  });
});
