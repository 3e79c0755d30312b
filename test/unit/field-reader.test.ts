// Tests the thread that parses large bodies: what it finds, and what a body costs that ends it or takes too long.
import { afterAll, describe, expect, it } from 'vitest';
import { FieldReader } from '../../src/api/ingress/field-reader.ts';
import { createLog } from '../../src/observability/log.ts';

const log = createLog('silent');
const source = {
  eventId: [{ in: 'body', path: ['event_id'] }],
  eventType: [{ in: 'body', path: ['type'] }],
  body: undefined,
  maxBodyBytes: 16_777_216,
} as const;
const headers = { 'content-type': 'application/json' };
const reader = new FieldReader({ log });
afterAll(() => reader.stop());

const ordinary = (fields: Record<string, unknown>, bytes = 400_000) =>
  Buffer.from(JSON.stringify({ ...fields, filling: 'x'.repeat(bytes) }));
const read = (rawBody: Buffer, from = reader) => from.read({ source, headers, rawBody });

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

  it.each([
    ['is not JSON', () => Buffer.alloc(bytes, 'x'), 'invalid_json'],
    ['is nested too deep', () => Buffer.alloc(bytes + 201, '['), 'invalid_json'],
    ['has no id', () => ordinary({}, bytes), 'event_id_missing'],
    ['has a bad id', () => ordinary({ event_id: 7 }, bytes), 'event_id_invalid'],
  ])('and %s is refused', async (_, body, code) => {
    await expect(read(body())).rejects.toMatchObject({ code });
  });
});

it('a body whose objects fill the memory of the thread is answered 503, and the next one by another thread', async () => {
  const small = new FieldReader({ log, threadHeapMb: 24 });
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
