// Tests the size limits: each number is defined in one place, and the documents name the same numbers.
import { readFileSync } from 'node:fs';
import type { Payload } from '@temporalio/common';
import { expect, it } from 'vitest';
import {
  EVENT_TYPE_MAX_LENGTH,
  INLINE_MAX_BYTES,
  KEYWORD_MAX_LENGTH,
  NAME_MAX_LENGTH,
  RESULT_MAX_BYTES,
  STORED_MAX_BYTES,
} from '../../src/contracts/limits.ts';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { payloadConverter, RawBody } from '../../src/payloads/raw-body.ts';
import { sources } from '../support/imports.ts';

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const FOR = { type: 'workflow', namespace: 'default', workflowId: 'partner:evt_1' } as const;
const written = (value: number) => value.toLocaleString('en');

it('a body of the largest size is decrypted, and a body of twice that size is refused', async () => {
  const codec = new EncryptionCodec([{ id: 'k1', key: Buffer.alloc(32, 'k1') }]);
  const [largest, hostile] = await codec.encode(
    [STORED_MAX_BYTES, 2 * STORED_MAX_BYTES].map(
      (size) => payloadConverter.toPayload(new RawBody(Buffer.alloc(size, ' '), 'json/plain')) as Payload,
    ),
    FOR,
  );
  const [read] = await codec.decode([largest as Payload], FOR);
  expect(read?.data?.length).toBe(STORED_MAX_BYTES);
  await expect(codec.reveal([hostile as Payload])).rejects.toThrow(/damaged/);
});

it('docs/configuration.md and docs/operating.md name the limits', () => {
  const row = /^\| `maxBodyBytes` .*$/m.exec(docs('configuration.md'))?.[0];
  expect(row).toContain(`1 to ${written(INLINE_MAX_BYTES)}; with`);
  expect(row).toContain(`to ${written(STORED_MAX_BYTES)} |`);
  expect(docs('configuration.md')).toContain(`${written(RESULT_MAX_BYTES)} bytes of JSON`);
  expect(docs('operating.md')).toContain(`up to ${written(INLINE_MAX_BYTES)} bytes`);
});

it('a name and an event type fit a search attribute', () => {
  expect(NAME_MAX_LENGTH).toBeLessThan(KEYWORD_MAX_LENGTH);
  expect(EVENT_TYPE_MAX_LENGTH).toBeLessThan(KEYWORD_MAX_LENGTH);
});

it('the limits of a body are written in no other file but that of packing, whose number the compiler checks', () => {
  const large = /\b(1_900_000|16_777_216)\b/;
  const files = [...sources].filter(([, text]) => large.test(text)).map(([file]) => file);
  expect(files.sort()).toEqual(['contracts/limits.ts', 'payloads/pack.ts']);
});
