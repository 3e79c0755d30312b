// Tests requests over plain sockets that no client library would send: they are refused, and have no other effect.
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { signRequest } from '../../src/signatures/index.ts';
import { writeChunks } from '../support/raw-http.ts';
import { newId, SECRETS, signHmac } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeTheEnd, expectProblem, Ingress, toBody } from './ingress.ts';

let ingress: Ingress;

beforeAll(async () => {
  ingress = await Ingress.start(inject('temporalAddress'), { SUREHOOK_TRUSTED_PROXIES: '127.0.0.1/32' });
});
afterEach(() => ingress.expectHealthy());
afterAll(() => ingress.stop());

const MIB = 1_048_576;
const START = 'POST /webhooks/partner HTTP/1.1';
const headOf = (headers: string[], start = START) => `${[start, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`;
const signatureOf = (body: string) => `X-Webhook-Signature: ${signHmac(body)['x-webhook-signature']}`;
const newBody = () => toBody({ event_id: newId() });
const toChunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

/** A valid request with additional headers. */
function signed(headers: string[], body = newBody()): string {
  return (
    headOf([signatureOf(body), `Content-Length: ${body.length}`, 'Connection: close', ...headers]) + body
  );
}

function* repeat(head: string, part: Buffer, times = Number.POSITIVE_INFINITY) {
  yield head;
  for (let n = 0; n < times; n++) yield part;
}

describe('a body that ends', () => {
  const body = newBody();
  const declared = headOf([signatureOf(body), `Content-Length: ${body.length + 1}`]) + body;
  const chunked = headOf([signatureOf(body), 'Transfer-Encoding: chunked']) + toChunk(body);

  it.each([
    ['before its content-length', declared],
    ['before its last chunk', chunked],
    ['in the middle of a chunk', chunked.slice(0, -10)],
  ])('%s is refused, however the client closes the connection', async (_, request) => {
    const refusals = () => ingress.surehook.logLines().filter(({ code }) => code === 'bad_request').length;
    for (const finish of ['end', 'destroy', 'reset'] as const) {
      const before = refusals();
      await waitFor(async () => {
        const { answers } = await ingress.exchange([request], { finish });
        if (finish === 'end') expectProblem(answers[0], 400, 'bad_request');
        // With a reset, Linux drops what the server has not read yet: it may never see the request.
        return finish !== 'reset' || refusals() > before;
      });
      await waitFor(() => refusals() > before);
    }
  });
});

describe.concurrent('a body over the limit', () => {
  const chunk = Buffer.alloc(65_536, 'x');
  const httpChunk = Buffer.from(toChunk(chunk.toString()));

  it('is refused before it is sent if its length is declared', async () => {
    const { answers } = await ingress.exchange([headOf([`Content-Length: ${MIB + 1}`])]);
    expect(answers).toMatchObject([{ headers: { connection: 'close' } }]);
    expectProblem(answers[0], 413, 'payload_too_large');
  });

  it('is refused at once with `Expect: 100-continue`, while a body under the limit is asked for', async () => {
    const expecting = ['Expect: 100-continue', 'Connection: close'];
    const over = await ingress.exchange([headOf([...expecting, `Content-Length: ${MIB + 1}`])]);
    expect(over.answers.map(({ status }) => status)).toEqual([413]);
    const { answers } = await ingress.exchange([signed(['Expect: 100-continue'])]);
    expect(answers.map(({ status }) => status)).toEqual([100, 202]);
  });

  it('of 2 MB in chunks is answered with 413', async () => {
    const head = headOf(['Transfer-Encoding: chunked']);
    const { answers } = await ingress.exchange([...repeat(head, httpChunk, 32), '0\r\n\r\n']);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'payload_too_large');
  });

  it.each([
    ['in chunks', 32, {}],
    ['of a declared length', 320, { 'content-length': String(320 * 65_536) }],
  ])('%s is answered with 413 even to a client that writes without waiting', async (_, times, headers) => {
    for (let round = 0; round < 20; round++) {
      const answer = await writeChunks(`${ingress.url}/webhooks/partner`, Array(times).fill(chunk), headers);
      expectProblem(ingress.keep(answer), 413, 'payload_too_large');
    }
  });

  it.each([
    ['in chunks', 'Transfer-Encoding: chunked'],
    ['of a declared length', 'Content-Length: 1000000000000'],
  ])('%s that never ends is not read any further, and the connection is closed', async (_, header) => {
    const { answers, bytesSent } = await ingress.exchange(repeat(headOf([header]), httpChunk));
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 413, 'payload_too_large');
    expect(bytesSent).toBeLessThan(64 * MIB); // more than the kernel's buffers hold
  });

  it('by one byte is refused in chunks, too, while a body of just the limit is accepted', async () => {
    for (const [length, status] of [
      [1_000, 202],
      [1_001, 413],
    ] as const) {
      const body = newBody().padEnd(length);
      const url = `${ingress.url}/webhooks/small`;
      const bytes = Buffer.from(body);
      const answer = await writeChunks(url, [bytes.subarray(0, 500), bytes.subarray(500)], signHmac(body));
      expect(ingress.keep(answer).status).toBe(status);
    }
  });

  it('is not read as the next request', async () => {
    const smuggled = signed([]);
    const padded = smuggled + 'x'.repeat(MIB);
    const { answers } = await ingress.exchange([headOf([`Content-Length: ${padded.length}`]), padded]);
    expect(answers.map(({ status }) => status)).toEqual([413]);
  });
});

describe('a header', () => {
  const wrong = `X-Webhook-Signature: ${'0'.repeat(64)}`;

  it.each([
    ['with latin-1 bytes', ['X-Odd: \xe9\xff', 'Content-Type: \xfc']],
    ['with a tab', ['X-Odd: a\tb']],
    ['without a value', ['X-Odd:']],
    ['with a name of the object prototype', ['__proto__: x', 'constructor: y']],
    ['with a wrong signature beside the right one', [wrong]],
    ['that asks for another protocol', ['Connection: Upgrade', 'Upgrade: websocket']],
  ])('%s does no harm', async (_, headers) => {
    const { answers } = await ingress.exchange([signed(headers)]);
    expect(answers.map(({ status }) => status)).toEqual([202]);
    const { event_id } = JSON.parse(answers[0]?.text ?? '');
    expect((await ingress.surehook.event('partner', event_id)).event_id).toBe(event_id);
  });

  it.each([
    ['with a NUL', ['X-Odd: a\0b']],
    ['with a bare CR', ['X-Odd: a\rb']],
    ['with a bare LF', ['X-Odd: a\nb']],
    ['folded over two lines', ['X-Odd: a', ' b']],
    ['with a space in its name', ['X Odd: a']],
    ['without a colon', ['X-Odd']],
    ['with a second length', ['Content-Length: 1']],
    ['with a negative length', ['Content-Length: -1']],
    ['with a length that is no number', ['Content-Length: 1x']],
    ['with a length and chunks', ['Transfer-Encoding: chunked']],
  ])('%s is not HTTP', async (_, headers) => {
    const { answers } = await ingress.exchange([signed(headers)]);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 400, 'bad_request');
  });

  it.each([
    ['of 17 KB', [`X-Odd: ${'a'.repeat(17_000)}`]],
    ['2,000 times', Array(2_000).fill('X-Odd: abcdef')],
  ])('%s is too large', async (_, headers) => {
    const { answers } = await ingress.exchange([signed(headers)]);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 431, 'headers_too_large');
  });

  it('of a signature, an id or a time that comes twice with one value counts once, and is stored once', async () => {
    const [event_id, rawBody] = [newId(), Buffer.from(toBody({}))];
    const of = signRequest({
      scheme: 'standard',
      secret: SECRETS.STANDARD_SECRET,
      rawBody,
      eventId: event_id,
    });
    const lines = Object.entries({ ...of, 'x-tenant': 'a' }).map(([name, value]) => `${name}: ${value}`);
    const start = 'POST /webhooks/standard HTTP/1.1';
    const head = [...lines, ...lines, `Content-Length: ${rawBody.length}`, 'Connection: close'];
    const { answers } = await ingress.exchange([headOf(head, start) + rawBody]);
    expect(answers.map(({ status }) => status)).toEqual([202]);
    const event = await ingress.surehook.event('standard', event_id);
    expect(event).toMatchObject({ event_id, headers: { 'webhook-id': event_id, 'x-tenant': 'a' } });
  });

  it('with two wrong signatures is answered with 401 signature_invalid', async () => {
    const { answers } = await ingress.exchange([
      headOf([wrong, wrong, 'Content-Length: 0', 'Connection: close']),
    ]);
    expectProblem(answers[0], 401, 'signature_invalid');
  });

  it.each([
    ['10.1.2.3', 202],
    ['203.0.113.5, 10.1.2.3', 202],
    ['::ffff:192.0.2.1', 202],
    ['10.1.2.3, 203.0.113.5', 403],
    ['192.0.2.2', 403],
    ['::1', 403],
    ['nonsense', 403],
    ['', 403],
    ['10.1.2.3:5678', 202],
    ['203.0.113.5, [::ffff:192.0.2.1]:443', 202],
    ['10.1.2.3, unknown', 403],
  ])(
    'X-Forwarded-For of a trusted proxy names the client: %j is answered with %i',
    async (clients, status) => {
      const answer = await ingress.send('walled', newBody(), { 'x-forwarded-for': clients });
      expect(answer.status).toBe(status);
      if (status === 403) expectProblem(answer, 403, 'ip_not_allowed');
    },
  );
});

it.each([
  ['for="10.1.2.3:80";proto=https', 202],
  ['for=10.1.2.3, for="[2001:db8::1]:80"', 403],
  ['for=10.1.2.3, for=unknown', 403],
])('Forwarded of a trusted proxy names the client: %j is answered with %i', async (forwarded, status) => {
  const answer = await ingress.send('walled', newBody(), { forwarded });
  expect(answer.status).toBe(status);
  if (status === 403) expectProblem(answer, 403, 'ip_not_allowed');
});

describe('a request', () => {
  it.each([
    ['that is not HTTP', 'nonsense\r\n\r\n'],
    ['that is TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['of HTTP/9.9', headOf([], 'POST /webhooks/partner HTTP/9.9')],
    ['with a method only', 'POST\r\n\r\n'],
    ['with an unknown method', headOf([], 'SEND /webhooks/partner HTTP/1.1')],
    ['with a space in its path', headOf([], 'POST /webhooks/part ner HTTP/1.1')],
    ['with a non-ASCII byte in its path', headOf([], 'POST /webhooks/\xe9 HTTP/1.1')],
    ['with a NUL in its path', headOf([], 'POST /webhooks/\0 HTTP/1.1')],
    ['with a path without a slash', headOf([], 'POST webhooks HTTP/1.1')],
    ['with a chunk whose size is no number', `${headOf(['Transfer-Encoding: chunked'])}zz\r\nx\r\n`],
    ['to a URL without a host', headOf(['Connection: close'], 'GET http:// HTTP/1.1')],
  ])('%s is refused', async (_, request) => {
    const { answers } = await ingress.exchange([request]);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 400, 'bad_request');
  });

  it.each([
    ['without a Host header', `${START}\r\nContent-Length: 0\r\n\r\n`, [400]],
    ['for a tunnel', headOf([], 'CONNECT example.com:443 HTTP/1.1'), []],
    ['with an unknown expectation', headOf(['Expect: tea', 'Connection: close']), [417]],
    ['for the whole server', headOf(['Connection: close'], 'OPTIONS * HTTP/1.1'), [404]],
    ['to another host', headOf(['Connection: close'], 'GET http://e.test:99999/healthz HTTP/1.1'), [200]],
  ])('%s does no harm', async (_, request, statuses) => {
    const { answers } = await ingress.exchange([request]);
    expect(answers.map(({ status }) => status)).toEqual(statuses);
  });

  it('right behind another request on one connection is answered after that request', async () => {
    const body = newBody();
    const first = headOf([signatureOf(body), `Content-Length: ${body.length}`]) + body;
    const second = headOf(['Content-Length: 0', 'Connection: close']);
    const { answers } = await ingress.exchange([first + second]);
    expect(answers.map(({ status }) => status)).toEqual([202, 401]);
  });

  it('is accepted while 50 other requests hang half sent', async () => {
    const half = headOf(['Content-Length: 100']);
    const others = Array.from({ length: 50 }, () => ingress.exchange([half], { finish: 'reset' }));
    expect((await ingress.send('partner', newBody())).status).toBe(202);
    await Promise.all(others);
  });
});

describeTheEnd(() => ingress);
