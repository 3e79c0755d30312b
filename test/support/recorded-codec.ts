// Reads the recorded histories, some of which were encrypted before a payload was encrypted for one workflow.
// Surehook itself does not read that format any more: no such payload is in use.
import { createDecipheriv } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { EncryptionCodec, type EncryptionKey } from '../../src/payloads/encryption-codec.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const DEFLATED = 1;

const isOld = ({ metadata }: Payload) =>
  metadata?.['encryption-key-id'] !== undefined && metadata['workflow-id'] === undefined;

export function recordedCodec(key: EncryptionKey): PayloadCodec {
  const codec = new EncryptionCodec([key]);
  return {
    encode: async (payloads, context) => await codec.encode(payloads, context),
    decode: async (payloads, context) =>
      await Promise.all(
        payloads.map(async (payload) =>
          isOld(payload) ? openOld(key, payload) : ((await codec.decode([payload], context))[0] as Payload),
        ),
      ),
  };
}

function openOld({ id, key }: EncryptionKey, { data }: Payload): Payload {
  const bytes = data ?? new Uint8Array();
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-TAG_BYTES));
  const packed = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  const content = packed.subarray(1);
  return proto.temporal.api.common.v1.Payload.decode(
    packed[0] === DEFLATED ? inflateRawSync(content) : content,
  );
}
