// Tests the thread that parses large bodies: what it finds, and what a body costs that ends it or takes too long.
import { afterAll, describe, expect, it } from 'vitest';
import { FieldReader, type ReadEvent } from '../../src/api/ingress/field-reader.ts';
import { createLog } from '../../src/observability/log.ts';

const log = createLog('silent');
const source = {
  eventId: [{ in: 'body', path: ['event_id'] }],
  eventType: [{ in: 'body', path: ['type'] }],
  batch: ['events'],
} as const;
const reader = new FieldReader({ log });
afterAll(() => reader.stop());

const ordinary = (fields: Record<string, unknown>, bytes = 400_000) =>
  Buffer.from(JSON.stringify({ ...fields, filling: 'x'.repeat(bytes) }));
const readAll = (rawBody: Buffer, from = reader) => from.read({ source, headers: {}, rawBody });
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

it('a body whose objects fill the memory of the thread is answered 503, and the next one by another thread', async () => {
  const small = new FieldReader({ log, threadHeapMb: 16 });
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
