// Tests events whose bodies are not plain JSON, from the request to handler, endpoint, operator and replay.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { verifySignature } from '../../src/signatures/index.ts';
import { runSurehook } from '../support/command.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { Receiver } from '../support/receiver.ts';
import { newId, PROJECT, SECRETS, Surehook, signHmac, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const folder = mkdtempSync(join(tmpdir(), 'surehook-bodies-'));
let surehook: Surehook;
let receiver: Receiver;
let letters: DeadLetters;
let env: Record<string, string>;

beforeAll(async () => {
  receiver = await Receiver.start();
  env = { RECEIVER_URL: receiver.url, SUREHOOK_STORAGE: `disk:${join(folder, 'bodies')}` };
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: newId('queue'),
    config: 'bodies',
    env,
  });
  letters = new DeadLetters(surehook, receiver);
});
afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  status: number;
  json: Record<string, unknown>;
}

/** Sends a signed body with these headers and no others: `fetch` would add a content type. */
async function send(
  source: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<Sent> {
  const bytes = Buffer.from(body);
  const signed = { 'content-length': bytes.length, ...signHmac(bytes), ...headers };
  return await new Promise((resolve, reject) => {
    const sent = request(`${surehook.publicUrl}/webhooks/${source}`, { method: 'POST', headers: signed });
    sent.on('error', reject).on('response', async (response) => {
      resolve({ status: response.statusCode ?? 0, json: JSON.parse(await readAll(response)) });
    });
    sent.end(bytes);
  });
}

const isProcessed = ({ status }: { status: string }) => status === 'processed';
const typed = (contentType: string | undefined): Record<string, string> =>
  contentType ? { 'content-type': contentType } : {};

/** Sends an event, waits for its end, and returns what the handler, the endpoint and an operator see of it. */
async function follow(source: string, body: Uint8Array | string, headers: Record<string, string> = {}) {
  const id = newId();
  expect(await send(source, body, { 'x-id': id, ...headers })).toMatchObject({ status: 202 });
  const event = await surehook.untilEvent(source, id, isProcessed);
  const [delivered] = receiver.of(id, '/first');
  expect(delivered?.body.equals(Buffer.from(body))).toBe(true);
  const { payload, payload_kind, payload_encoding } = event;
  return {
    id,
    handled: event.handler?.result as { payload: unknown; raw: number },
    shown: { payload, payload_kind, ...(payload_encoding ? { payload_encoding } : {}) },
    delivered: delivered?.headers ?? {},
  };
}

const BOUNDARY = 'the-boundary';
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const toMultipart = (id: string, content: string) =>
  [
    `--${BOUNDARY}`,
    'Content-Disposition: form-data; name="event_id"',
    '',
    id,
    `--${BOUNDARY}`,
    'Content-Disposition: form-data; name="scan"; filename="a.png"',
    'Content-Type: image/png',
    '',
    content,
    `--${BOUNDARY}--`,
    '',
  ].join('\r\n');

describe('a body', () => {
  const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 255, 10]);
  const base64 = Buffer.from(png).toString('base64');
  const inParts = {
    event_id: 'x',
    scan: { filename: 'a.png', content_type: 'image/png', size: 4, base64: 'AAECAw==' },
  };

  it.each<
    [type: string | undefined, source: string, body: string | Uint8Array, kind: string, payload: unknown]
  >([
    ['application/json', 'any', '{"n":1}', 'json', { n: 1 }],
    ['application/vnd.api+json', 'any', '[1]', 'json', [1]],
    [undefined, 'any', '{"n":1}', 'json', { n: 1 }],
    ['text/plain', 'any', '{"n":1}', 'json', { n: 1 }],
    ['application/octet-stream', 'any', '\uFEFF{"n":1}', 'json', { n: 1 }],
    ['image/png', 'json', '{"n":1}', 'json', { n: 1 }],
    [
      'application/x-www-form-urlencoded',
      'any',
      'a=1&b[c]=%C3%A9+2&a=2',
      'form',
      { a: ['1', '2'], 'b[c]': 'é 2' },
    ],
    [undefined, 'form', '__proto__=1', 'form', JSON.parse('{"__proto__":"1"}')],
    [MULTIPART, 'any', toMultipart('x', '\0\x01\x02\x03'), 'form', inParts],
    ['text/plain; charset=utf-8', 'any', 'order é paid', 'text', 'order é paid'],
    ['text/xml; charset=ISO-8859-1', 'any', Buffer.from('<a>\xe9</a>', 'latin1'), 'text', '<a>é</a>'],
    ['application/json', 'text', '{"n":1}', 'text', '{"n":1}'],
    ['image/png', 'any', png, 'bytes', { bytes: base64 }],
    ['application/json', 'bytes', '{}', 'bytes', { bytes: 'e30=' }],
    [undefined, 'any', '', 'bytes', { bytes: '' }],
  ])(
    'of type %j to the source %s goes through byte for byte, and is read: %j',
    async (type, source, body, kind, payload) => {
      const { handled, shown, delivered } = await follow(source, body, typed(type));
      expect(handled).toEqual({ payload, raw: Buffer.from(body).length });
      expect(delivered['content-type']).toBe(type ?? 'application/octet-stream');
      expect(delivered['content-encoding']).toBeUndefined();
      const bytes = {
        payload: (payload as { bytes?: string }).bytes,
        payload_kind: 'bytes',
        payload_encoding: 'base64',
      };
      expect(shown).toEqual(kind === 'bytes' ? bytes : { payload, payload_kind: kind });
    },
  );

  it('that is a form has its event id and type in its fields', async () => {
    const id = newId();
    const form = 'application/x-www-form-urlencoded';
    expect(await send('any', `event_id=${id}&type=paid`, typed(form))).toMatchObject({ status: 202 });
    expect(await surehook.untilEvent('any', id, isProcessed)).toMatchObject({ event_type: 'paid' });
    const other = newId();
    expect(await send('any', toMultipart(other, 'x'), typed(MULTIPART))).toMatchObject({ status: 202 });
    expect(await surehook.untilEvent('any', other, isProcessed)).toMatchObject({ event_type: 'unknown' });
  });

  it.each<[source: string, type: string | undefined, body: string, read: string]>([
    ['any', 'text/plain', 'event_id=1', "text (content-type 'text/plain', no content-encoding)"],
    ['any', undefined, '{"event_id":', 'bytes (no content-type, no content-encoding)'],
    [
      'bytes',
      'application/json',
      '{"event_id":"x"}',
      "bytes (content-type 'application/json', no content-encoding)",
    ],
  ])(
    'without places has no event id there, and the answer says how it was read: %s, %j',
    async (source, type, body, read) => {
      const answer = await send(source, body, typed(type));
      expect(answer).toMatchObject({ status: 400, json: { code: 'event_id_missing' } });
      expect(answer.json.detail).toMatch(/^no event id found; looked at .*; the body was read as /);
      expect(String(answer.json.detail).endsWith(read)).toBe(true);
    },
  );

  it.each<[source: string, type: string | undefined, body: string, code: string, says: string]>([
    [
      'any',
      'application/json',
      '{',
      'invalid_json',
      "parsed as JSON (content-type 'application/json', no content-encoding)",
    ],
    [
      'json',
      'text/xml',
      '<a/>',
      'invalid_json',
      "parsed as JSON (content-type 'text/xml', no content-encoding)",
    ],
    ['form', 'application/json', '{}', 'invalid_body', "is not a form (content-type 'application/json', no"],
    [
      'any',
      'multipart/form-data',
      'x',
      'invalid_body',
      "names no boundary (content-type 'multipart/form-data', no",
    ],
    ['any', MULTIPART, 'x', 'invalid_body', 'end with its boundary'],
    ['text', 'text/plain; charset=utf-16', 'x', 'invalid_body', 'charset is not read'],
    [
      'text',
      `text/${'x'.repeat(500)}; charset=us-ascii`,
      'é',
      'invalid_body',
      `ASCII that its charset says (content-type 'text/${'x'.repeat(95)}', no`,
    ],
  ])('that is not what %s expects of %j is refused', async (source, type, body, code, says) => {
    const { status, json } = await send(source, body, { 'x-id': newId(), ...typed(type) });
    expect({ status, code: json.code }).toEqual({ status: 400, code });
    expect(json.detail).toContain(says);
  });

  it('is held to a schema as it was parsed', async () => {
    const form = typed('application/x-www-form-urlencoded');
    expect(await send('strict', 'amount=12', { 'x-id': newId(), ...form })).toMatchObject({ status: 202 });
    const refused = await send('strict', gzipSync('amount=x'), {
      'content-encoding': 'gzip',
      'x-id': newId(),
      ...form,
    });
    const errors = [{ path: 'amount', message: 'expected digits' }];
    expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_payload', errors } });
    expect(await send('strictbytes', '%PDF', { 'x-id': newId() })).toMatchObject({ status: 202 });
    expect(await send('strictbytes', 'PDF', { 'x-id': newId() })).toMatchObject({ status: 400 });
  });
});

describe('a content encoding', () => {
  const encodings: [name: string, encode: (body: string) => Uint8Array][] = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ];

  it.each(encodings)(
    '%s is undone for the handler alone: signature and endpoint have the bytes that came',
    async (name, encode) => {
      const body = encode('{"n":820982911946154508}');
      const headers = { 'content-type': 'application/json', 'content-encoding': name };
      const { handled, shown, delivered, id } = await follow('any', body, headers);
      expect(handled).toEqual({ payload: { n: 820982911946154500 }, raw: body.length });
      expect(shown.payload_kind).toBe('json');
      expect(delivered).toMatchObject(headers);
      const options = { scheme: 'standard' as const, secrets: [SECRETS.ENDPOINT_SECRET], headers: delivered };
      expect(verifySignature({ ...options, rawBody: body })).toEqual({ ok: true });
      const text = await (await surehook.operator(`/api/v1/events/any/${id}`)).text();
      expect(text).toContain('"payload":{"n":820982911946154508}');
    },
  );

  it.each(encodings)('%s of a form, a text and bytes is undone too', async (name, encode) => {
    const encoding = { 'content-encoding': name };
    const form = await follow('any', encode('a=1'), {
      ...encoding,
      ...typed('application/x-www-form-urlencoded'),
    });
    expect(form.shown).toEqual({ payload: { a: '1' }, payload_kind: 'form' });
    const text = await follow('any', encode('<a/>'), { ...encoding, ...typed('application/xml') });
    expect(text.handled.payload).toBe('<a/>');
    const bytes = await follow('bytes', encode('{}'), encoding);
    expect(bytes.handled.payload).toEqual({ bytes: 'e30=' });
    expect(bytes.shown).toMatchObject({ payload: 'e30=', payload_encoding: 'base64' });
  });

  it('counts for nothing in the signature: one over the decoded bytes is wrong', async () => {
    const text = '{"event_id":"never"}';
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip', ...signHmac(text) };
    expect(await send('any', gzipSync(text), headers)).toMatchObject({
      status: 401,
      json: { code: 'signature_invalid' },
    });
  });

  it('identity is none', async () => {
    const { handled, delivered } = await follow('any', '{}', { 'content-encoding': 'identity' });
    expect(handled.payload).toEqual({});
    expect(delivered['content-encoding']).toBeUndefined();
  });

  it.each(['zstd', 'gzip, br', 'compress'])('%s is not read: 415 names it', async (name) => {
    const { status, json } = await send('any', '{}', { 'x-id': newId(), 'content-encoding': name });
    expect({ status, code: json.code }).toEqual({ status: 415, code: 'unsupported_encoding' });
    expect(json.detail).toContain(`(no content-type, content-encoding '${name}')`);
  });

  it('that the body does not have is refused', async () => {
    const { status, json } = await send('any', '{}', { 'x-id': newId(), 'content-encoding': 'gzip' });
    expect({ status, code: json.code }).toEqual({ status: 400, code: 'invalid_body' });
    expect(json.detail).toContain(
      "cannot be decoded by its content-encoding (no content-type, content-encoding 'gzip')",
    );
  });

  it('of a body that is over the limit once it is decoded is refused, and costs no more memory than the limit', async () => {
    const peak = () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${surehook.child.pid}/status`, 'utf8'))?.[1]);
    const warm = gzipSync(Buffer.alloc(20_000_000, ' '));
    const bomb = gzipSync(Buffer.alloc(1_000_000_000, ' '), { level: 9 });
    const headers = { 'x-id': newId(), 'content-encoding': 'gzip' };
    const ofLarge = /decoded body is over the limit of 16777216 bytes/;
    expect((await send('large', warm, headers)).json.detail).toMatch(ofLarge);
    const before = peak();
    for (const [source, says] of [
      ['any', /decoded body is over the limit of 1048576 bytes/],
      ['large', ofLarge],
    ] as const) {
      const { status, json } = await send(source, bomb, headers);
      expect({ status, code: json.code }).toEqual({ status: 413, code: 'payload_too_large' });
      expect(json.detail).toMatch(says);
    }
    expect(peak() - before).toBeLessThan(100_000); // kB
  });

  it('is kept over a retry, which reads the body from the history', async () => {
    const id = newId();
    receiver.script('/first', id, [503, 200]);
    const body = gzipSync('<a/>');
    const headers = { 'content-type': 'text/xml', 'content-encoding': 'gzip' };
    expect(await send('any', body, { 'x-id': id, ...headers })).toMatchObject({ status: 202 });
    await surehook.untilEvent('any', id, isProcessed);
    const got = receiver.of(id, '/first');
    expect(got.map((one) => one.body.equals(body))).toEqual([true, true]);
    expect(got.map((one) => one.headers)).toMatchObject([headers, headers]);
  });
});

describe('a large body', () => {
  const noise = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7919) % 251));

  it.each<[name: string, make: (id: string) => [body: Uint8Array, headers: Record<string, string>]]>([
    [
      'a form',
      (id) => [
        Buffer.from(`event_id=${id}&a=${'x'.repeat(5_000_000)}`),
        typed('application/x-www-form-urlencoded'),
      ],
    ],
    [
      'a form in parts',
      (id) => [Buffer.from(toMultipart(id, noise(5_000_000).toString('latin1')), 'latin1'), typed(MULTIPART)],
    ],
    [
      'JSON in gzip, of few bytes',
      (id) => [
        gzipSync(JSON.stringify({ event_id: id, a: 'x'.repeat(5_000_000) })),
        { 'content-encoding': 'gzip' },
      ],
    ],
  ])('that is %s is read, stored and delivered byte for byte', async (_, make) => {
    const id = newId();
    const [body, headers] = make(id);
    expect(await send('large', body, headers)).toMatchObject({ status: 202, json: { event_id: id } });
    const event = await surehook.untilEvent('large', id, isProcessed);
    expect(event.handler?.result).toMatchObject({ payload: expect.any(Number) });
    const [delivered] = receiver.of(id, '/first');
    expect(delivered?.body.equals(body)).toBe(true);
    expect(delivered?.headers).toMatchObject(headers);
  });

  it('that is text or bytes is, too', async () => {
    const bytes = await follow('large', noise(5_000_000), typed('application/pdf'));
    expect(bytes.handled.raw).toBe(5_000_000);
    const text = await follow('large', 'é'.repeat(2_500_000), typed('text/plain; charset=utf-8'));
    expect(text.shown.payload).toBe('é'.repeat(2_500_000));
  });
});

describe('a dead letter', () => {
  /** Sends an event that its handler refuses once. */
  async function fail(
    source: string,
    body: Uint8Array | string,
    headers: Record<string, string>,
  ): Promise<string> {
    const id = newId();
    receiver.script('/handler', id, [422, 200]);
    expect(await send(source, body, { 'x-id': id, ...headers })).toMatchObject({ status: 202 });
    await letters.untilListed(id, source);
    return id;
  }

  const replay = (source: string, id: string, body: unknown) =>
    letters.post(`/api/v1/dead-letters/${source}/${id}/replay`, JSON.stringify(body));

  const gzip = { 'content-encoding': 'gzip' };

  it('is replayed with the body, type and encoding that it came with', async () => {
    const body = gzipSync('a=1');
    const headers = { ...gzip, ...typed('application/x-www-form-urlencoded') };
    const id = await fail('any', body, headers);
    expect(await replay('any', id, {})).toMatchObject({ status: 202 });
    const { handler } = await surehook.untilEvent('any', id, isProcessed);
    expect(handler?.result).toMatchObject({ payload: { a: '1' } });
    const [delivered] = receiver.of(id, '/first');
    expect(delivered?.body.equals(body)).toBe(true);
    expect(delivered?.headers).toMatchObject(headers);
  });

  it('is run again by a resend of another kind, as that kind', async () => {
    const id = await fail('any', 'a=1', typed('application/x-www-form-urlencoded'));
    expect(await send('any', '<a/>', { 'x-id': id, ...typed('text/xml') })).toMatchObject({ status: 202 });
    const event = await surehook.untilEvent('any', id, isProcessed);
    expect(event).toMatchObject({
      payload: '<a/>',
      payload_kind: 'text',
      handler: { result: { payload: '<a/>' } },
    });
  });

  it.each<[kind: string, type: string, body: string, corrected: unknown, delivered: string]>([
    ['JSON', 'application/json', '{"n":1}', { n: 2 }, '{"n":2}'],
    ['a form', 'application/x-www-form-urlencoded', 'a=1', { a: ['é', '2 '] }, 'a=%C3%A9&a=2+'],
    ['text', 'text/xml; charset=iso-8859-1', '<a/>', '<é/>', '<\xe9/>'],
    ['bytes', 'image/png', '\x89PNG', 'AP8=', '\0\xff'],
  ])(
    'of %s in gzip is replayed with a corrected body of its kind, which has no encoding',
    async (_, type, body, payload, delivered) => {
      const id = await fail('any', gzipSync(Buffer.from(body, 'latin1')), { ...gzip, ...typed(type) });
      expect(await replay('any', id, { payload })).toMatchObject({ status: 202 });
      const event = await surehook.untilEvent('any', id, isProcessed);
      expect(event).toMatchObject({ payload, began: { payload_corrected: true } });
      expect(event.headers).not.toHaveProperty('content-encoding');
      const [got] = receiver.of(id, '/first');
      expect(got?.body.toString('latin1')).toBe(delivered);
      expect(got?.headers['content-type']).toBe(type);
      expect(got?.headers['content-encoding']).toBeUndefined();
    },
  );

  it('of a form in parts is replayed with a corrected one as it is shown', async () => {
    const id = await fail('any', toMultipart('x', 'abc'), typed(MULTIPART));
    const { payload } = (await surehook.event('any', id)) as { payload: Record<string, unknown> };
    const corrected = { ...payload, event_id: 'y' };
    expect(await replay('any', id, { payload: corrected })).toMatchObject({ status: 202 });
    const event = await surehook.untilEvent('any', id, isProcessed);
    expect(event.handler?.result).toMatchObject({ payload: corrected });
    expect(event.payload).toEqual(corrected);
  });

  it.each<[type: string, body: string, payload: unknown, says: RegExp]>([
    ['application/x-www-form-urlencoded', 'a=1', { a: 1 }, /a string or a list of strings for each field/],
    ['text/xml', '<a/>', { a: 1 }, /expected a string/],
    ['image/png', 'x', 'not base64', /expected the base64/],
  ])('of type %s is not replayed with a payload of another kind', async (type, body, payload, says) => {
    const id = await fail('any', body, typed(type));
    const refused = await replay('any', id, { payload });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid_payload', detail: expect.stringMatching(says) },
    });
    expect(await letters.isListed(id, 'any')).toBe(true);
  });

  it('is exported with its payload and the kind of it', async () => {
    const id = await fail('bytes', 'x', {});
    const text = await (await surehook.operator('/api/v1/dead-letters/export?source=bytes')).text();
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const found = lines.find(({ event_id }) => event_id === id);
    expect(found).toMatchObject({ payload: 'eA==', payload_kind: 'bytes', payload_encoding: 'base64' });
  });
});

describe('the commands', () => {
  const run = async (args: string[], input?: Buffer) =>
    await runSurehook(args, commandEnv(), input === undefined ? {} : { input });
  const commandEnv = () => ({
    ...env,
    ...SECRETS,
    SUREHOOK_CONFIG: join(PROJECT, 'test/support/configs/bodies.config.ts'),
    SUREHOOK_OPERATOR_TOKEN: TOKEN,
    SUREHOOK_OPERATOR_URL: surehook.operatorUrl,
    HOST: '127.0.0.1',
    PORT: new URL(surehook.publicUrl).port,
  });

  it.each<[source: string, name: string, content: string, type: string, options: string[]]>([
    ['any', 'order.xml', '<a/>', 'application/xml', []],
    ['any', 'order', 'a text', 'text/plain; charset=utf-8', []],
    ['any', 'order', '{"a":1}', 'application/json', []],
    ['any', 'order.bin', '\0\x01', 'application/octet-stream', []],
    ['form', 'order', 'a=1', 'application/x-www-form-urlencoded', []],
    ['form', 'order', toMultipart('x', 'y'), `multipart/form-data; boundary="${BOUNDARY}"`, []],
    ['text', 'order.csv', 'a;b', 'text/csv; charset=utf-8', []],
    ['bytes', 'order', '{}', 'application/octet-stream', []],
    ['any', 'order', '{}', 'text/plain', ['--content-type', 'text/plain']],
  ])('send to %s the file %s as it is, under its type', async (source, name, content, type, options) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    const id = newId();
    expect(await run(['send', source, '--file', file, '--id', id, ...options])).toMatchObject({
      code: 0,
      stderr: '',
    });
    await surehook.untilEvent(source, id, isProcessed);
    const [delivered] = receiver.of(id, '/first');
    expect(delivered?.headers['content-type']).toBe(type);
    expect(delivered?.body.toString()).toBe(content);
  });

  it.each(['any', 'json', 'form', 'text', 'bytes'])(
    'send to %s a made-up body that it expects',
    async (source) => {
      const { code, stdout } = await run(['send', source, '--json']);
      expect(code, stdout).toBe(0);
    },
  );

  it('show a text as it is, and bytes as base64', async () => {
    const text = await follow('any', '<a>\n  <b/>\n</a>', typed('text/xml'));
    expect((await run(['events', 'show', 'any', text.id])).stdout).toContain(
      '\nPayload (text):\n<a>\n  <b/>\n</a>\n',
    );
    const bytes = await follow('bytes', '{}');
    expect((await run(['events', 'show', 'bytes', bytes.id])).stdout).toContain(
      '\nPayload (bytes, base64):\ne30=\n',
    );
    const form = await follow('any', 'a=1', typed('application/x-www-form-urlencoded'));
    expect((await run(['events', 'show', 'any', form.id])).stdout).toContain(
      '\nPayload (form):\n{\n  "a": "1"\n}\n',
    );
  });
});

it('a body of no kind that it knows is in no log', async () => {
  const marker = 'marker-of-a-text';
  await follow('any', marker, typed('text/plain'));
  await send('any', `{${marker}`, typed('application/json'));
  await waitFor(() => surehook.output.includes('webhook received'));
  expect(surehook.output).not.toContain(marker);
});
