// Tests the thread that parses large bodies: what it finds, and what a body costs that ends it or takes too long.
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { FieldReader, type ReadEvent } from '../../src/api/ingress/field-reader.ts';
import { createLog } from '../../src/observability/log.ts';

const log = createLog('silent');
const source = {
  eventId: [{ in: 'body', path: ['event_id'] }],
  eventType: [{ in: 'body', path: ['type'] }],
  batch: ['events'],
  body: undefined,
  maxBodyBytes: 16_777_216,
  verify: { scheme: 'hmac' },
} as const;
const headers = { 'content-type': 'application/json' };
const reader = new FieldReader({ log });
afterAll(() => reader.stop());

const ordinary = (fields: Record<string, unknown>, bytes = 400_000) =>
  Buffer.from(JSON.stringify({ ...fields, filling: 'x'.repeat(bytes) }));
/** A copy in memory of its own, as the ingress reads it: only that can go to a thread. */
const own = (bytes: Uint8Array) => Buffer.from(new Uint8Array(bytes).buffer);
const readAll = (rawBody: Buffer, from = reader) => from.read({ source, headers, rawBody });
const read = async (rawBody: Buffer, from = reader) => (await readAll(rawBody, from))[0] as ReadEvent;

describe.each([
  ['on the event loop', 100],
  ['in the thread', 400_000],
])('a body that is parsed %s', (_, bytes) => {
  it('gives its id and type, and comes back byte for byte', async () => {
    const body = ordinary({ event_id: 'e1', type: 'paid' }, bytes);
    const expected = Buffer.from(body);
    const { eventId, eventType, rawBody } = await read(body);
    expect({ eventId, eventType }).toEqual({ eventId: 'e1', eventType: 'paid' });
    expect(Buffer.compare(rawBody, expected)).toBe(0);
  });

  it('with a list of events gives each, with a body of its own', async () => {
    const body = ordinary({ event_id: 'e1', type: 'many', events: [1, 2] }, bytes);
    const events = await readAll(body);
    expect(events.map(({ rawBody }) => JSON.parse(Buffer.from(rawBody).toString()).events)).toEqual([
      [1],
      [2],
    ]);
    expect(await readAll(ordinary({ events: [] }, bytes))).toEqual([]);
  });

  it.each([
    ['is not JSON', () => Buffer.alloc(bytes, 'x'), 'invalid_json'],
    ['is nested too deep', () => Buffer.alloc(bytes + 201, '['), 'invalid_json'],
    ['has no id', () => ordinary({}, bytes), 'event_id_missing'],
    [
      'has an id that is too long',
      () => ordinary({ event_id: 'x'.repeat(1_025) }, bytes),
      'event_id_invalid',
    ],
  ])('and %s is refused', async (_, body, code) => {
    await expect(read(body())).rejects.toMatchObject({ code });
  });
});

it('a small body that is large once it is decoded is read in the thread, up to the limit of its source', async () => {
  const encoded = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const readEncoded = (body: Buffer, maxBodyBytes: number) =>
    reader
      .read({ source: { ...source, maxBodyBytes }, headers: encoded, rawBody: own(gzipSync(body)) })
      .then(([event]) => event as ReadEvent);
  const body = ordinary({ event_id: 'e1' });
  const { rawBody, ...fields } = await readEncoded(body, 500_000);
  expect(fields).toEqual({ eventId: 'e1', eventType: 'unknown', bodyKind: 'json' });
  expect(Buffer.compare(rawBody, gzipSync(body))).toBe(0);
  for (const maxBodyBytes of [1_000, 300_000])
    await expect(readEncoded(body, maxBodyBytes)).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining(`over the limit of ${maxBodyBytes} bytes`),
    });
});

it.each([
  ['on the event loop', 10],
  ['in the thread', 400_000],
])('a form in parts is read %s', async (_, bytes) => {
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = Buffer.from(`${part('event_id', 'e1')}${part('x', 'x'.repeat(bytes))}--b--`);
  const form = { 'content-type': 'multipart/form-data; boundary=b' };
  const events = await reader.read({ source, headers: form, rawBody: own(body) });
  expect(events).toMatchObject([{ eventId: 'e1', bodyKind: 'form' }]);
  const cut = reader.read({ source, headers: form, rawBody: own(body.subarray(0, -10)) });
  await expect(cut).rejects.toMatchObject({ code: 'invalid_body' });
});

it('a body whose objects fill the memory of the thread is answered 503, and the next one by another thread', async () => {
  const small = new FieldReader({ log, threadHeapMb: 20, readWithinMs: 60_000 });
  const hostile = Buffer.from(`[${'{},'.repeat(1_000_000)}0]`);
  const refused = expect(read(hostile, small)).rejects.toMatchObject({ code: 'not_queued', status: 503 });
  const next = read(ordinary({ event_id: 'next' }), small);
  await refused;
  expect((await next).eventId).toBe('next');
  await small.stop();
});

it('a body that takes too long is answered 503 in its time, and those behind it have another thread', async () => {
  const impatient = new FieldReader({ log, readWithinMs: 200 });
  await read(ordinary({ event_id: 'warm' }), impatient).catch(() => undefined);
  const slow = Buffer.from(`[${'{},'.repeat(5_000_000)}0]`);
  const begun = performance.now();
  await expect(read(slow, impatient)).rejects.toMatchObject({ code: 'not_queued' });
  expect(performance.now() - begun).toBeLessThan(1_000);
  const patient = async (): Promise<string> =>
    await read(ordinary({ event_id: 'next' }), impatient).then(({ eventId }) => eventId, patient);
  expect(await patient()).toBe('next');
  await impatient.stop();
});
