// Tests that Temporal stores only cipher text: its files are searched for what must not be there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { EncryptionCodec } from '../../src/payloads/encryption-codec.ts';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { Receiver } from '../support/receiver.ts';
import { residentBytes } from '../support/stranger.ts';
import { newId, SECRETS, Surehook, signHmac, TOKEN } from '../support/surehook.ts';

const MARKER = 'MARKER-that-must-not-be-stored-in-clear';
const OTHER_KEY = `k2:${Buffer.alloc(32, 'k2').toString('base64')}`;
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-encryption-'));
let server: DevServer;
let receiver: Receiver;
let surehook: Surehook;

const start = async (env: Record<string, string> = {}) =>
  await Surehook.start({
    role: 'serve',
    temporalAddress: server.address,
    taskQueue: 'encryption',
    env: { RECEIVER_URL: receiver.url, TEMPORAL_UI_URL: 'http://127.0.0.1:8233', ...env },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  const cliPath = inject('temporalCliPath');
  server = await startDevServer({
    cliPath,
    stateDir,
    port: 0,
    uiPort: 0,
    onExit: () => undefined,
  });
  surehook = await start();
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Sends an event that fails, is retried and succeeds in part, so that each kind of payload is stored. */
async function leaveTraces(event_id: string): Promise<void> {
  const body = JSON.stringify({ event_id, type: 'both', name: MARKER });
  receiver.script('/handler', event_id, [500, 200]);
  receiver.script('/first', event_id, [{ status: 500, body: MARKER }]);
  const headers = { ...signHmac(body), 'x-marker': MARKER, authorization: `Bearer ${MARKER}` };
  expect((await surehook.post('partner', body, headers)).status).toBe(202);
  const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
  expect(event).toMatchObject({
    status: 'failed',
    payload: { name: MARKER },
    headers: { 'x-marker': MARKER },
  });
  expect(event.handler).toMatchObject({ result: { name: MARKER } });
  expect(event.deliveries[0]?.attempts[0]?.response_excerpt).toBe(MARKER);
  expect(event.headers).not.toHaveProperty('authorization');
}

it("no payload, header, result, answer or secret is in clear text in Temporal's database or histories", async () => {
  const event_id = newId();
  await leaveTraces(event_id);
  const show = ['workflow', 'show', '--workflow-id', `partner:${event_id}`, '--output', 'json'];
  const history = execFileSync(inject('temporalCliPath'), [...show, '--address', server.address]).toString();
  const payloads = [...history.matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64'),
  );
  const files = readdirSync(stateDir).filter((file) => file.startsWith('temporal.db'));
  const stored = [
    ...files.map((file) => readFileSync(join(stateDir, file))),
    Buffer.from(history),
    ...payloads,
  ];
  expect(stored.some((bytes) => bytes.includes(event_id))).toBe(true); // so this is the right place to search
  const hidden = [MARKER, 'the receiver says 500', 'main.config.ts', ...Object.values(SECRETS)];
  for (const text of hidden) expect(stored.filter((bytes) => bytes.includes(text))).toEqual([]);
  expect(surehook.output).not.toContain(MARKER);
});

it('older events are readable after a new first key, and without their key the missing key is named', async () => {
  const [event_id, dead] = [newId(), newId()];
  await leaveTraces(event_id);
  receiver.script('/handler', dead, [422]);
  expect((await surehook.send({ event_id: dead, type: 'handled' })).status).toBe(202);
  await surehook.untilEvent('partner', dead, ({ status }) => status === 'failed');
  await surehook.stop();
  surehook = await start({ SUREHOOK_ENCRYPTION_KEYS: OTHER_KEY });
  const answer = await surehook.operator(`/api/v1/events/partner/${event_id}`);
  expect(answer.status).toBe(500);
  const detail = "a payload is encrypted under key 'k1', which SUREHOOK_ENCRYPTION_KEYS does not have";
  expect(await answer.json()).toMatchObject({ code: 'payload_unreadable', detail });
  // The earlier run cannot be read by anybody: the answer must not look like a passing fault.
  const resent = await surehook.send({ event_id: dead, type: 'handled' });
  expect(resent.status).toBe(503);
  expect(await resent.json()).toMatchObject({
    code: 'not_queued',
    detail: 'an earlier run of this event cannot be read: the log of this process says why',
  });
  expect(surehook.logLines().find(({ msg }) => msg === 'event not queued')).toMatchObject({
    workflow_id: `partner:${dead}`,
    error: expect.stringContaining(detail),
  });
  await surehook.stop();
  surehook = await start({
    SUREHOOK_ENCRYPTION_KEYS: `${OTHER_KEY},k1:${Buffer.alloc(32, 'k1').toString('base64')}`,
  });
  expect(await surehook.event('partner', event_id)).toMatchObject({ payload: { name: MARKER } });
  const later = newId();
  expect((await surehook.send({ event_id: later, type: 'handled' })).status).toBe(202);
  await surehook.untilEvent('partner', later, ({ status }) => status === 'processed');
});

describe('the codec server', () => {
  const clear = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Int9Ig==' }] };
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    await surehook.operator(path, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('encodes and decodes payloads for the Web UI', async () => {
    const encoded = (await (await post('/codec/encode', clear)).json()) as typeof clear;
    expect(encoded.payloads[0]?.data).not.toBe(clear.payloads[0]?.data);
    expect(await (await post('/codec/decode', encoded)).json()).toEqual(clear);
    // The `temporal` command sends this for a query without arguments.
    expect(await (await post('/codec/encode', {})).json()).toEqual({ payloads: [] });
  });

  it.each([
    ['not JSON', '{', 400, 'invalid_json'],
    ['over 32 MB', ' '.repeat(33 * 1_048_576), 413, 'payload_too_large'],
  ])('refuses a body that is %s, and logs no error', async (_name, body, status, code) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const answer = await surehook.operator('/codec/decode', { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toMatchObject([status, { code }]);
    expect(surehook.logLines().filter(({ msg }) => msg === 'request failed')).toEqual([]);
  });

  it('refuses payloads of 3 MB that are 3 GB in clear, and needs no more memory than its limit', async () => {
    const toPayload = (bytes: number) =>
      defaultPayloadConverter.toPayload(Buffer.alloc(bytes, 'x')) as Payload;
    const codec = new EncryptionCodec([{ id: 'k1', key: Buffer.alloc(32, 'k1') }]);
    const [hostile] = await codec.encode([toPayload(16_000_000)]);
    const toJson = ({ metadata, data }: Payload) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
      ),
      data: Buffer.from(data ?? []).toString('base64'),
    });
    const payloads = Array(200).fill(toJson(hostile as Payload));
    const before = residentBytes(surehook.child.pid);
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, residentBytes(surehook.child.pid));
    }, 20);
    const answer = await post('/codec/decode', { payloads });
    clearInterval(watch);
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'payload_too_large' }]);
    expect(peak - before).toBeLessThan(400 * 1_048_576); // decoded all at once: 2.2 GB
    // Two of the largest bodies are decoded still.
    expect((await post('/codec/decode', { payloads: payloads.slice(0, 2) })).status).toBe(200);
  });

  it('reads a body as UTF-8, whatever its charset says, since JSON is UTF-8', async () => {
    const answer = await post('/codec/encode', {}, { 'content-type': 'application/json; charset=x' });
    expect([answer.status, await answer.json()]).toEqual([200, { payloads: [] }]);
  });

  it('requires the token, and refuses payloads that are not in its protocol', async () => {
    expect((await post('/codec/decode', clear, { authorization: 'Bearer wrong' })).status).toBe(401);
    const bad = await post('/codec/decode', { payloads: [{ data: '***' }] });
    expect([bad.status, await bad.json()]).toMatchObject([400, { code: 'bad_request' }]);
  });

  it("answers browsers on the Web UI's pages, and on no other pages", async () => {
    const preflight = async (origin: string) => {
      const headers = { origin, 'access-control-request-method': 'POST' };
      return await surehook.operator('/codec/decode', { method: 'OPTIONS', headers });
    };
    // A browser on this machine may use either name.
    for (const origin of ['http://127.0.0.1:8233', 'http://localhost:8233']) {
      const fromUi = await preflight(origin);
      expect(fromUi.status).toBe(204);
      expect(fromUi.headers.get('access-control-allow-origin')).toBe(origin);
    }
    for (const origin of [
      'http://evil.example',
      'http://localhost:8234',
      'http://localhost.evil.example:8233',
    ]) {
      const foreign = await preflight(origin);
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
      expect(foreign.status).toBe(401);
    }
  });

  it('without a token, in dev, answers only requests to a loopback name', async () => {
    const dev = Surehook.spawn(['dev'], {
      SUREHOOK_STATE_DIR: join(stateDir, 'dev'),
      TEMPORAL_ADDRESS: server.address,
      ...{ PORT: '0', OPERATOR_PORT: '0' },
    });
    await dev.untilUp();
    const statusFor = async (host: string) =>
      await new Promise<number | undefined>((resolve) => {
        const headers = { host, 'content-type': 'application/json' };
        request(`${dev.operatorUrl}/codec/decode`, { method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end(JSON.stringify(clear));
      });
    expect(await statusFor('127.0.0.1:8081')).toBe(200);
    expect(await statusFor('rebound.example:8081')).toBe(401);
    await dev.stop();
  });
});
