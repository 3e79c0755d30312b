// Payload encryption: what comes back, what is refused, and what it costs in bytes.
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
    'comes back as it was (%#)',
    async (value) => {
      expect(await roundTrip(value)).toEqual(value);
    },
  );

  it('shows neither its content nor its kind, and is another one each time', async () => {
    const [one, two] = await codec.encode([toPayload('a marker'), toPayload('a marker')]);
    expect(text(one?.metadata?.encoding)).toBe('binary/encrypted');
    expect(Object.keys(one?.metadata ?? {}).sort()).toEqual(['encoding', 'encryption-key-id']);
    expect(text(one?.data)).not.toContain('marker');
    expect(text(one?.data)).not.toContain('json/plain');
    expect(text(one?.data)).not.toBe(text(two?.data));
  });

  it('is compressed first where it is large', async () => {
    const [payload] = await codec.encode([toPayload('the same words again and again. '.repeat(2_000))]);
    expect(payload?.data?.length).toBeLessThan(2_000);
  });

  it('says of a body, and of nothing else, whether it is large in clear, however small it has become', async () => {
    const body = (size: number) =>
      payloadConverter.toPayload(new RawBody(Buffer.alloc(size), 'json/plain')) as Payload;
    const payloads = [body(1_000_000), body(1_048_576), toPayload('x'.repeat(1_048_576))];
    expect((await codec.encode(payloads)).map(isLarge)).toEqual([false, true, false]);
  });

  it('is read under any known key, and written under the first', async () => {
    const rotated = new EncryptionCodec([key('k2'), key('k1')]);
    expect(await roundTrip('old', codec, rotated)).toBe('old');
    const [payload] = await rotated.encode([toPayload('new')]);
    expect(text(payload?.metadata?.['encryption-key-id'])).toBe('k2');
  });

  it('under an unknown key is refused, and the key is named', async () => {
    const other = new EncryptionCodec([key('k2')]);
    await expect(roundTrip('x', codec, other)).rejects.toThrow(
      "a payload is encrypted under key 'k1', which SUREHOOK_ENCRYPTION_KEYS does not have",
    );
  });

  it('with any one byte changed, cut short or relabelled is refused', async () => {
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

  it('is left alone by decode where it is in clear: runs of before encryption stay readable', async () => {
    const payload = toPayload({ clear: true });
    expect(await codec.decode([payload])).toEqual([payload]);
  });
});
