// Tests POST /webhooks/:source: each row of the contract's table, in the table's order.
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { signRequest } from '../../src/signatures/index.ts';
import { newId, SECRETS, signHmac } from '../support/surehook.ts';
import { describeTheEnd, expectProblem, Ingress, MARKER, NEVER, toBody } from './ingress.ts';

let ingress: Ingress;

beforeAll(async () => {
  ingress = await Ingress.start(inject('temporalAddress'));
});
afterEach(() => ingress.expectHealthy());
afterAll(() => ingress.stop());

const bytes = (text: string) => Buffer.from(text);
const now = () => Math.floor(Date.now() / 1_000);

/** A request to a source of each scheme, signed as the provider signs. */
function sign(source: string, eventId: string, type: string, at = now()) {
  const inBody = ['partner', 'timed', 'stripe'].includes(source);
  const idKey = source === 'stripe' ? 'id' : 'event_id';
  const body = toBody(inBody ? { [idKey]: eventId, type } : { id: 'not-this', type });
  const hmac = { scheme: 'hmac', secret: SECRETS.PARTNER_SECRET } as const;
  const options = {
    partner: hmac,
    timed: { ...hmac, timestampHeader: 'X-Webhook-Timestamp' },
    github: { scheme: 'github', secret: SECRETS.GITHUB_SECRET, eventId, eventType: type },
    stripe: { scheme: 'stripe', secret: SECRETS.STRIPE_SECRET },
    standard: { scheme: 'standard', secret: SECRETS.STANDARD_SECRET, eventId },
  }[source] as Parameters<typeof signRequest>[0];
  return { body, headers: signRequest({ ...options, rawBody: bytes(body), now: at }) };
}

describe('a valid webhook', () => {
  it.each(['partner', 'timed', 'github', 'stripe', 'standard'])(
    'of the source %s is answered with 202, and with 200 when it is resent',
    async (source) => {
      const event_id = newId();
      const workflow_id = `${source}:${event_id}`;
      for (const [status, word] of [
        [202, 'accepted'],
        [200, 'duplicate'],
      ] as const) {
        const { body, headers } = sign(source, event_id, 'order.paid');
        const answer = await ingress.post(source, body, headers);
        expect(answer.status).toBe(status);
        expect(answer.headers['content-type']).toMatch(/^application\/json\b/);
        expect(JSON.parse(answer.text)).toEqual({ status: word, event_id, source, workflow_id });
      }
      const event = await ingress.surehook.event(source, event_id);
      expect(event).toMatchObject({ source, event_id, event_type: 'order.paid', payload: { note: MARKER } });
    },
  );

  it('may have a body of exactly the limit of its source', async () => {
    const event_id = newId();
    const body = toBody({ event_id });
    expect((await ingress.send('small', body.padEnd(1_000))).status).toBe(202);
    expectProblem(await ingress.send('small', body.padEnd(1_001)), 413, 'payload_too_large');
  });

  it('may have a query; X-Forwarded-For of a proxy that is not trusted is ignored', async () => {
    const body = toBody({ event_id: newId() });
    expect((await ingress.send('partner?from=test', body)).status).toBe(202);
    expectProblem(
      await ingress.send('walled', body, { 'x-forwarded-for': '10.0.0.1' }),
      403,
      'ip_not_allowed',
    );
  });
});

it.each(['//webhooks/partner', '/webhooks/partner/', '///webhooks/partner/?from=test'])(
  'the path %s reaches the source',
  async (path) => {
    const body = toBody({ event_id: newId() });
    // `fetch` would take what follows the slashes for a host.
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}`;
    const signature = `X-Webhook-Signature: ${signHmac(body)['x-webhook-signature']}`;
    const { answers } = await ingress.exchange([`${head}\r\n${signature}\r\n\r\n${body}`]);
    expect(answers.map(({ status }) => status)).toEqual([202]);
  },
);

const good = toBody({ event_id: NEVER });
const signed = signHmac(good);
const wrong = { 'x-webhook-signature': '0'.repeat(64) };
const oversized = toBody({ event_id: NEVER }).padEnd(1_048_577);
const noId = toBody({});
const noIdStrict = toBody({ amount: -1 });
const badStrict = toBody({ event_id: NEVER, amount: -1 });

describe('a webhook is refused, and starts nothing, with', () => {
  // A row may have two faults: the fault that the contract checks first is answered.
  it.each<[name: string, source: string, body: string, headers: Record<string, string>, number, string]>([
    ['an unknown source', 'unknown', good, signed, 404, 'unknown_source'],
    ['a source called __proto__', '__proto__', good, signed, 404, 'unknown_source'],
    ['a source called constructor', 'constructor', good, signed, 404, 'unknown_source'],
    ['a source in capitals', 'PARTNER', good, signed, 404, 'unknown_source'],
    ['an address that is not on the allow list', 'walled', good, signed, 403, 'ip_not_allowed'],
    ['such an address, and a body over the limit', 'walled', oversized, {}, 403, 'ip_not_allowed'],
    [
      'a body over the limit of its source, signed',
      'small',
      good.padEnd(1_001),
      signed,
      413,
      'payload_too_large',
    ],
    ['a body over 1 MiB, unsigned', 'partner', oversized, {}, 413, 'payload_too_large'],
    ['no signature', 'partner', good, {}, 401, 'signature_missing'],
    ['an empty signature', 'partner', good, { 'x-webhook-signature': '' }, 401, 'signature_missing'],
    ['the signature of another scheme', 'github', good, signed, 401, 'signature_missing'],
    ['no signature, and not JSON', 'partner', 'not JSON', {}, 401, 'signature_missing'],
    ['no timestamp where the source requires a timestamp', 'timed', good, signed, 401, 'signature_missing'],
    ['a wrong signature', 'partner', good, wrong, 401, 'signature_invalid'],
    ['a malformed signature', 'partner', good, { 'x-webhook-signature': 'zzz' }, 401, 'signature_invalid'],
    ["another body's signature", 'partner', noId, signed, 401, 'signature_invalid'],
    ['a wrong signature, and against the schema', 'strict', badStrict, wrong, 401, 'signature_invalid'],
    ['an empty body, unsigned', 'partner', '', {}, 401, 'signature_missing'],
    ['no id', 'partner', noId, signHmac(noId), 400, 'event_id_missing'],
    ['no id, and against the schema', 'strict', noIdStrict, signHmac(noIdStrict), 400, 'event_id_missing'],
  ])('%s', async (_, source, body, headers, status, code) => {
    expectProblem(await ingress.post(source, body, headers), status, code);
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('the method %s', async (method) => {
    const answer = await ingress.request(method, '/webhooks/walled');
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    const unknown = await ingress.request(method, '/webhooks/unknown');
    expect(unknown.status).toBe(404);
    if (method === 'HEAD') return;
    expectProblem(answer, 405, 'method_not_allowed');
    expectProblem(unknown, 404, 'unknown_source');
  });

  it.each([
    ['timed', -301],
    ['timed', 400],
    ['stripe', -301],
    ['standard', -301],
  ])('a signature for the source %s of %i seconds from now', async (source, offset) => {
    const { body, headers } = sign(source, NEVER, 'late', now() + offset);
    expectProblem(await ingress.post(source, body, headers), 401, 'timestamp_out_of_tolerance');
    const other = {
      ...headers,
      'x-webhook-signature': '0',
      'stripe-signature': 't=1,v1=0',
      'webhook-signature': 'v1,0',
    };
    expectProblem(await ingress.post(source, body, other), 401, 'signature_invalid');
  });

  it('faults under the schema of its source, all of which are named', async () => {
    const answer = await ingress.send('strict', badStrict.replace('-1', '"many"'));
    const errors = [{ path: 'amount', message: expect.stringContaining('number') }];
    expectProblem(answer, 400, 'invalid_payload', { errors });
    const numbers = await ingress.send('strict', '{"id":"never-started","amount":0}');
    expect(JSON.parse(numbers.text)).toMatchObject({ errors: [{ path: 'event_id' }, { path: 'amount' }] });
    expect((await ingress.send('strict', toBody({ event_id: newId(), amount: 1 }))).status).toBe(202);
  });
});

it.each([
  ['POST', '/webhooks/', 404, 'not_found'],
  ['POST', '/webhooks', 404, 'not_found'],
  ['POST', '/webhooks/partner/more', 404, 'not_found'],
  ['POST', '/webhooks/partner%2Fmore', 404, 'unknown_source'],
  ['POST', '/webhooks/partner%00', 404, 'unknown_source'],
  ['POST', '/webhooks/%E0%A4%A', 400, 'bad_request'],
  ['POST', '/Webhooks/partner', 404, 'not_found'],
  ['POST', '/WEBHOOKS/partner', 404, 'not_found'],
  ['POST', '/AGENT/echo', 404, 'not_found'],
  ['GET', '/nothing', 404, 'not_found'],
  ['POST', '/healthz', 405, 'method_not_allowed'],
  ['GET', '/events', 404, 'not_found'],
])('%s %s is answered with %i %s', async (method, path, status, code) => {
  expectProblem(await ingress.request(method, path), status, code);
});

describeTheEnd(() => ingress);
