// Tests how a webhook's body goes into Temporal and back: byte for byte, and readable to Temporal's own tools.
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { payloadConverter, RawBody } from '../../src/payloads/raw-body.ts';
import { createDataConverter, createPayloadReader } from '../../src/temporal/data-converter.ts';

const codec = new EncryptionCodec([{ id: 'k1', key: new Uint8Array(32) }]);
const { readPayloads } = createPayloadReader(createDataConverter(codec));

const toPayload = (value: unknown) => payloadConverter.toPayload(value) as Payload;
const encodingOf = ({ metadata }: Payload) => Buffer.from(metadata?.encoding ?? []).toString();
const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

/** Copies a payload as Temporal returns it: with plain `Uint8Array`s in place of `Buffer`s. */
function overTheWire({ metadata = {}, data }: Payload): Payload {
  const copy = (bytes: Uint8Array) => new Uint8Array(Buffer.from(bytes));
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, copy(value)]);
  return { metadata: Object.fromEntries(entries), data: copy(data as Uint8Array) };
}

describe('a raw body', () => {
  it.each([
    ['spaces and order that JSON.stringify would lose', '{ "b":1,\n"a" : 1.0 }\r\n'],
    ['numbers that a double would lose', '{"id":12345678901234567890}'],
    ['repeated keys', '{"a":1,"a":2}'],
    ['escapes that have another form', '"\\u00e9\\/"'],
    ['a byte order mark', '\uFEFF{}'],
  ])('keeps every byte of %s', (_, text) => {
    const bytes = Buffer.from(text);
    const back = payloadConverter.fromPayload<RawBody>(
      overTheWire(toPayload(new RawBody(bytes, 'json/plain'))),
    );
    expect(back).toBeInstanceOf(RawBody);
    expect(back.encoding).toBe('json/plain');
    expect(Buffer.from(back.bytes).equals(bytes)).toBe(true);
  });

  it('keeps bytes that are not text, and an empty body', () => {
    for (const bytes of [everyByte, new Uint8Array()]) {
      const back = payloadConverter.fromPayload<RawBody>(
        overTheWire(toPayload(new RawBody(bytes, 'binary/plain'))),
      );
      expect([back.encoding, Buffer.from(back.bytes)]).toEqual(['binary/plain', Buffer.from(bytes)]);
    }
  });

  it('stores only its own part of a larger buffer', () => {
    const part = Buffer.from('before{"a":1}after').subarray(6, 13);
    expect(Buffer.from(toPayload(new RawBody(part, 'json/plain')).data ?? []).toString()).toBe('{"a":1}');
  });

  it("is plain JSON to Temporal's own tools", () => {
    const payload = toPayload(new RawBody(Buffer.from('{"a": [1]}'), 'json/plain'));
    expect(encodingOf(payload)).toBe('json/plain');
    expect(defaultPayloadConverter.fromPayload(payload)).toEqual({ a: [1] });
    const binary = toPayload(new RawBody(everyByte, 'binary/plain'));
    expect(defaultPayloadConverter.fromPayload(binary)).toEqual(everyByte);
  });

  it('is read among other values when the SDK loads the converter by its path', async () => {
    const payloads = [toPayload({ source: 'a' }), toPayload(new RawBody(Buffer.from('{ }'), 'json/plain'))];
    const encrypted = await codec.encode(payloads, {
      type: 'workflow',
      namespace: '',
      workflowId: 'partner:evt_1',
    });
    const [meta, body] = await readPayloads({ payloads: encrypted }, 'partner:evt_1');
    expect(meta).toEqual({ source: 'a' });
    expect(body).toHaveProperty('encoding', 'json/plain');
    expect(Buffer.from((body as RawBody).bytes).toString()).toBe('{ }');
    expect(await readPayloads(undefined, 'partner:evt_1')).toEqual([]);
  });
});

describe('any other value', () => {
  it.each([undefined, null, 0, 'text', [1, 2], { a: { b: [] } }, new Uint8Array([1, 2])])(
    'is converted as by the SDK: %j',
    (value) => {
      const payload = toPayload(value);
      expect(payload).toEqual(defaultPayloadConverter.toPayload(value));
      expect(payloadConverter.fromPayload(payload)).toEqual(value);
    },
  );

  it('is refused, as by the SDK, when it cannot be stored', () => {
    expect(() => toPayload(1n)).toThrow();
  });
});
