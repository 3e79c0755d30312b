// Tests the encryption of payloads: what is decrypted, what is refused, and how large payloads become.
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { DecryptionError, EncryptionCodec, isLarge } from '../../src/payloads/encryption-codec.ts';
import { payloadConverter, RawBody } from '../../src/payloads/raw-body.ts';

const key = (id: string) => ({ id, key: Buffer.alloc(32, id) });
const codec = new EncryptionCodec([key('k1')]);
const toPayload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
const roundTrip = async (value: unknown, from = codec, to = codec) => {
  const [decoded] = await to.decode(await from.encode([toPayload(value)]));
  return defaultPayloadConverter.fromPayload(decoded as Payload);
};

describe('an encrypted payload', () => {
  it.each([[''], ['x'], ['x'.repeat(1_023)], ['é'.repeat(600_000)], [{ a: [1, null, 'ü'] }]])(
    'is decrypted to the same value (%#)',
    async (value) => {
      expect(await roundTrip(value)).toEqual(value);
    },
  );

  it('shows neither its content nor its encoding, and differs each time', async () => {
    const [first, second] = await codec.encode([toPayload('a marker'), toPayload('a marker')]);
    expect(text(first?.metadata?.encoding)).toBe('binary/encrypted');
    expect(Object.keys(first?.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
    expect(text(first?.data)).not.toContain('marker');
    expect(text(first?.data)).not.toContain('json/plain');
    expect(text(first?.data)).not.toBe(text(second?.data));
  });

  it('is compressed first if it is large', async () => {
    const [payload] = await codec.encode([toPayload('the same words again and again. '.repeat(2_000))]);
    expect(payload?.data?.length).toBeLessThan(2_000);
  });

  it('is marked as large only if it is a body that is large before compression', async () => {
    const body = (size: number) =>
      payloadConverter.toPayload(new RawBody(Buffer.alloc(size), 'json/plain')) as Payload;
    const payloads = [body(1_000_000), body(1_048_576), toPayload('x'.repeat(1_048_576))];
    expect((await codec.encode(payloads)).map(isLarge)).toEqual([false, true, false]);
  });

  it('is decrypted with any known key, and encrypted with the first', async () => {
    const rotated = new EncryptionCodec([key('k2'), key('k1')]);
    expect(await roundTrip('old', codec, rotated)).toBe('old');
    const [payload] = await rotated.encode([toPayload('new')]);
    expect(text(payload?.metadata?.['encryption-key-id'])).toBe('k2');
  });

  it('is refused with the name of its key if the key is unknown', async () => {
    const other = new EncryptionCodec([key('k2')]);
    await expect(roundTrip('x', codec, other)).rejects.toThrow(
      "a payload is encrypted under key 'k1', which SUREHOOK_ENCRYPTION_KEYS does not have",
    );
  });

  it('is refused if one byte is changed, if it is cut short, or if it names another key', async () => {
    const [payload] = await codec.encode([toPayload('some text of a payload')]);
    const data = Buffer.from(payload?.data ?? []);
    for (let i = 0; i < data.length; i++) {
      const damaged = Buffer.from(data);
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      await expect(codec.decode([{ ...payload, data: damaged }])).rejects.toThrow(DecryptionError);
    }
    for (const length of [0, 5, 12, 28, data.length - 1]) {
      await expect(codec.decode([{ ...payload, data: data.subarray(0, length) }])).rejects.toThrow(/damaged/);
    }
    const same = new EncryptionCodec([{ id: 'k3', key: Buffer.alloc(32, 'k1') }]);
    const metadata = { ...payload?.metadata, 'encryption-key-id': Buffer.from('k3') };
    await expect(same.decode([{ data, metadata }])).rejects.toThrow(/damaged/);
  });

  it('is not the only kind that decode accepts: clear text from before encryption stays as it is', async () => {
    const payload = toPayload({ clear: true });
    expect(await codec.decode([payload])).toEqual([payload]);
  });
});
