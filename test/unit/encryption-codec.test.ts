// Tests the encryption of payloads: what is decrypted, what is refused, and how large payloads become.
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { isRefused } from '../../src/contracts/refused.ts';
import { DecryptionError, EncryptionCodec, isLarge, passHere } from '../../src/payloads/encryption-codec.ts';
import { payloadConverter, RawBody, toStoredPayload } from '../../src/payloads/raw-body.ts';

const key = (id: string) => ({ id, key: Buffer.alloc(32, id) });
const codec = new EncryptionCodec([key('k1')]);
const toPayload = (value: unknown) => defaultPayloadConverter.toPayload(value) as Payload;
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
const FOR = { type: 'workflow', namespace: 'default', workflowId: 'partner:evt_1' } as const;
const OTHER = { ...FOR, workflowId: 'partner:evt_2' };
const LOCAL = { ...FOR, type: 'activity', isLocal: true } as const;
const bodyOf = (bytes: Uint8Array) => payloadConverter.toPayload(new RawBody(bytes, 'json/plain')) as Payload;
const readFrom = async (
  payload: Payload | undefined,
  context: SerializationContext | undefined,
  reader = codec,
) => payloadConverter.fromPayload((await reader.decode([payload as Payload], context))[0] as Payload);
const roundTrip = async (value: unknown, from = codec, to = codec) => {
  const [decoded] = await to.decode(await from.encode([toPayload(value)], FOR), FOR);
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
    const [first, second] = await codec.encode([toPayload('a marker'), toPayload('a marker')], FOR);
    expect(text(first?.metadata?.encoding)).toBe('binary/encrypted');
    expect(Object.keys(first?.metadata ?? {}).sort()).toEqual([
      'encoding',
      'encryption-key-id',
      'workflow-id',
    ]);
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
    const message = "a payload is encrypted under key 'k1', which SUREHOOK_ENCRYPTION_KEYS does not have";
    const payloads = await codec.encode([toPayload('x')], FOR);
    await expect(other.reveal(payloads)).rejects.toThrow(message);
    expect(await readFrom(payloads[0], FOR, other)).toEqual({ surehook_refused: 'unknown', message });
  });

  describe('under an unknown key', () => {
    const [old, rotated] = [codec, new EncryptionCodec([key('k2'), key('k1')])];

    it('is an error, so that its reader waits for the key, if its writer has a key of the reader', async () => {
      const [payload] = await rotated.encode([toPayload('x')], FOR);
      await expect(old.decode([payload as Payload], FOR)).rejects.toThrow("encrypted under key 'k2', which");
      const several = new EncryptionCodec([key('k4'), key('k3'), key('k1'), key('k2')]);
      const [vouchedThrice] = await several.encode([toPayload('x')], FOR);
      await expect(old.decode([vouchedThrice as Payload], FOR)).rejects.toThrow("under key 'k4', which");
    });

    it('is refused if what vouches for it comes from another payload or is made up', async () => {
      const [payload, other] = await rotated.encode([toPayload('x'), toPayload('y')], FOR);
      const [elsewhere] = await rotated.encode([toPayload('x')], OTHER);
      const forged = [
        { ...payload, data: other?.data ?? null },
        { ...payload, metadata: { ...payload?.metadata, 'encryption-key-id': Buffer.from('k3') } },
        { ...elsewhere, metadata: { ...elsewhere?.metadata, 'workflow-id': Buffer.from(FOR.workflowId) } },
        { ...payload, data: null },
        ...[0, 15, 16, 17, 1_600].map((size) => ({
          ...payload,
          metadata: { ...payload?.metadata, vouchers: Buffer.alloc(size) },
        })),
      ];
      for (const one of forged)
        expect(await readFrom(one as Payload, FOR, old)).toMatchObject({ surehook_refused: 'unknown' });
    });
  });

  it('is refused if one byte is changed, if it is cut short, or if it names another key', async () => {
    const [payload] = await codec.encode([toPayload('some text of a payload')], FOR);
    const data = Buffer.from(payload?.data ?? []);
    for (let i = 0; i < data.length; i++) {
      const damaged = Buffer.from(data);
      damaged[i] = (damaged[i] ?? 0) ^ 1;
      await expect(codec.reveal([{ ...payload, data: damaged }])).rejects.toThrow(DecryptionError);
      expect(await readFrom({ ...payload, data: damaged }, FOR)).toMatchObject({
        surehook_refused: 'damaged',
      });
    }
    for (const length of [0, 5, 12, 28, data.length - 1]) {
      await expect(codec.reveal([{ ...payload, data: data.subarray(0, length) }])).rejects.toThrow(/damaged/);
    }
    const same = new EncryptionCodec([{ id: 'k3', key: Buffer.alloc(32, 'k1') }]);
    const metadata = { ...payload?.metadata, 'encryption-key-id': Buffer.from('k3') };
    await expect(same.reveal([{ data, metadata }])).rejects.toThrow(/damaged/);
  });
});

describe('decode accepts for a workflow only what was encrypted for it', () => {
  it('and refuses what is encrypted for another workflow, for none, or under the id of another', async () => {
    const [payload] = await codec.encode([toPayload('text')], FOR);
    expect(await readFrom(payload, FOR)).toBe('text');
    for (const context of [
      OTHER,
      undefined,
      { type: 'activity', namespace: 'default', isLocal: false } as const,
    ])
      expect(await readFrom(payload, context)).toEqual({
        surehook_refused: 'foreign',
        message: "a payload is encrypted for another workflow, 'partner:evt_1'",
      });
    const metadata = { ...payload?.metadata, 'workflow-id': Buffer.from('partner:evt_2') };
    expect(await readFrom({ ...payload, metadata }, OTHER)).toMatchObject({ surehook_refused: 'damaged' });
    const [forNone] = await codec.encode([toPayload('text')]);
    for (const context of [FOR, undefined])
      expect(await readFrom(forNone, context)).toMatchObject({ surehook_refused: 'foreign' });
  });

  it('and refuses clear text, also a body and a reference to a stored body', async () => {
    const body = bodyOf(Buffer.from('{}'));
    for (const payload of [toPayload({ clear: true }), body, toStoredPayload('ab/cd')])
      for (const context of [FOR, LOCAL, undefined])
        expect(await readFrom(payload, context)).toEqual({
          surehook_refused: 'plain',
          message: 'a payload is not encrypted',
        });
  });

  it('and accepts in clear what this process passes to itself', async () => {
    const [local] = await codec.encode([bodyOf(Buffer.from('{ }'))], LOCAL);
    expect(text(local?.data)).toBe('{ }');
    expect(await readFrom(local, LOCAL)).toMatchObject({ encoding: 'json/plain' });
    expect(isRefused(await readFrom(passHere(toStoredPayload('ab/cd')), FOR))).toBe(false);
    const metadata = { ...local?.metadata, 'surehook-here': Buffer.alloc(16) };
    expect(await readFrom({ ...local, metadata }, LOCAL)).toMatchObject({ surehook_refused: 'plain' });
  });

  it('and a person who reads sees all of them', async () => {
    const payloads = [toPayload('clear'), ...(await codec.encode([toPayload('for one')], FOR))];
    payloads.push(...(await codec.encode([toPayload('for none')])));
    const read = await codec.reveal(payloads);
    expect(read.map((payload) => defaultPayloadConverter.fromPayload(payload))).toEqual([
      'clear',
      'for one',
      'for none',
    ]);
  });

  it('and what an unknown key or workflow is called reaches the log without control characters', async () => {
    const [payload] = await codec.encode([toPayload('text')], FOR);
    const metadata = { ...payload?.metadata, 'encryption-key-id': Buffer.from('\u001b[2J') };
    expect(await readFrom({ ...payload, metadata }, FOR)).toMatchObject({
      message: expect.stringContaining("under key '?[2J', which"),
    });
  });
});

describe('a large body', () => {
  const large = Buffer.alloc(1_100_000, 'a body that comes twice ');
  const dataOf = async (bytes: Uint8Array, context: SerializationContext) =>
    text((await codec.encode([bodyOf(bytes)], context))[0]?.data);

  it('is encrypted to the same bytes for the same workflow, and to others for another or with another content', async () => {
    const data = await dataOf(large, FOR);
    expect(await dataOf(large, FOR)).toBe(data);
    expect(await dataOf(large, OTHER)).not.toBe(data);
    expect((await dataOf(Buffer.concat([large, large]), FOR)).slice(0, 12)).not.toBe(data.slice(0, 12));
  });
});
