// Tests bodies too large for Temporal in a store that speaks S3: roles apart, the store down and back, an object lost.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { largeEvent, MARKER } from '../support/large-body.ts';
import { Receiver } from '../support/receiver.ts';
import { S3_CREDENTIALS, S3Server } from '../support/s3-server.ts';
import { newId, Surehook } from '../support/surehook.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const directory = mkdtempSync(join(tmpdir(), 'surehook-s3-'));
const taskQueue = newId('s3');
let s3: S3Server;
let receiver: Receiver;
let api: Surehook;
let worker: Surehook;
let client: S3Client;
let other: Surehook | undefined;

/**
 * The contract allows 3 s; a busy machine gets more. Without a time-out the wait for a silent store would never
 * end.
 */
const ANSWERS_WITHIN_MS = 10_000;

const start = async (role: 'api' | 'worker', env: Record<string, string> = {}) =>
  await Surehook.start({
    role,
    temporalAddress: inject('temporalAddress'),
    taskQueue,
    config: 'large',
    env: {
      RECEIVER_URL: receiver.url,
      SUREHOOK_STORAGE: `s3://bodies/some/prefix?endpoint=${s3.endpoint}`,
      ...S3_CREDENTIALS,
      ...env,
    },
  });

/** The S3 server is built once, which may take minutes. */
const BUILD_WITHIN_MS = 600_000;

beforeAll(async () => {
  receiver = await Receiver.start();
  s3 = await S3Server.start(directory);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = S3_CREDENTIALS;
  const credentials = { accessKeyId, secretAccessKey };
  client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  [api, worker] = await Promise.all([start('api'), start('worker')]);
}, BUILD_WITHIN_MS);

afterAll(async () => {
  await Promise.all([api.stop(), worker.stop(), other?.stop()]);
  client.destroy();
  await s3.stop();
  await receiver.stop();
  rmSync(directory, { recursive: true, force: true });
});

const keys = async () =>
  ((await client.send(new ListObjectsV2Command({ Bucket: 'bodies' }))).Contents ?? []).map(
    ({ Key = '' }) => Key,
  );

it('a body of 4 MB goes from the API to the worker through an encrypted object under the prefix', async () => {
  const event = largeEvent();
  expect((await event.send(api)).status).toBe(202);
  const shown = await api.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(shown.payload).toEqual(JSON.parse(event.body.toString()));
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true]);
  const [Key = '', ...others] = await keys();
  expect([Key, others]).toEqual([expect.stringMatching(/^some\/prefix\/[0-9a-f]{2}\/[0-9a-f]{64}$/), []]);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bodies', Key }));
  expect(Buffer.from((await Body?.transformToByteArray()) ?? []).includes(MARKER)).toBe(false);
});

it('with the store down, large events get a 503 in time, and waiting events later go on, no attempt lost', async () => {
  const waiting = largeEvent();
  receiver.script('/first', waiting.id, [{ status: 503, headers: { 'retry-after': '2' } }, 200]);
  expect((await waiting.send(api)).status).toBe(202);
  await waitFor(() => receiver.of(waiting.id).length === 1);
  await s3.stop();

  const large = largeEvent();
  const begun = Date.now();
  expect((await large.send(api)).status).toBe(503);
  expect(Date.now() - begun).toBeLessThan(ANSWERS_WITHIN_MS);
  expect((await largeEvent(1_000).send(api)).status).toBe(202);
  const shown = await api.operator(`/api/v1/events/partner/${waiting.id}`);
  expect([shown.status, await shown.json()]).toMatchObject([503, { code: 'storage_unavailable' }]);
  await waitFor(() => worker.output.includes('the body could not be read'));

  s3 = await S3Server.start(directory, s3.endpoint);
  expect((await large.send(api)).status).toBe(202);
  for (const { id } of [waiting, large])
    await api.untilEvent('partner', id, ({ status }) => status === 'processed');
  const { deliveries } = await api.event('partner', waiting.id);
  expect(deliveries[0]?.attempts.map(({ status_code }) => status_code)).toEqual([503, 200]);
});

it('with a store that never answers, large events get a 503 in time, and small events are accepted', async () => {
  const proxy = await TcpProxy.start(s3.endpoint.slice('http://'.length));
  const second = await start('api', { SUREHOOK_STORAGE: `s3://bodies?endpoint=http://${proxy.address}` });
  other = second;
  const send = async (event = largeEvent()) => {
    const begun = Date.now();
    const { status } = await event.send(second);
    expect(Date.now() - begun).toBeLessThan(ANSWERS_WITHIN_MS);
    return status;
  };
  expect(await send()).toBe(202);
  proxy.hang();
  const large = Array.from({ length: 8 }, () => send());
  expect(await send(largeEvent(1_000))).toBe(202);
  expect(new Set(await Promise.all(large))).toEqual(new Set([503]));
  await proxy.stop();
});

it('the API names an object that is missing', async () => {
  const before = await keys();
  const event = largeEvent();
  expect((await event.send(api)).status).toBe(202);
  await api.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  const Key = (await keys()).find((key) => !before.includes(key)) ?? '';
  await client.send(new DeleteObjectCommand({ Bucket: 'bodies', Key }));
  const shown = await api.operator(`/api/v1/events/partner/${event.id}`);
  const detail = expect.stringMatching(
    /^the body is missing: there is no object .* of s3:\/\/bodies\/some\/prefix\/$/,
  );
  expect([shown.status, await shown.json()]).toMatchObject([500, { code: 'payload_unreadable', detail }]);
});

it.each([
  [
    's3://no-such-bucket?endpoint=',
    {},
    /SUREHOOK_STORAGE: s3:\/\/no-such-bucket\/ cannot be used: there is no such bucket/,
  ],
  ['s3://bodies?endpoint=', { AWS_SECRET_ACCESS_KEY: 'wrong' }, /SUREHOOK_STORAGE: .*access is denied/],
])('%s with a missing bucket or wrong credentials is an error at start', async (place, env, message) => {
  const SUREHOOK_STORAGE = place + s3.endpoint;
  await expect(start('api', { SUREHOOK_STORAGE, ...env })).rejects.toThrow(message);
});
