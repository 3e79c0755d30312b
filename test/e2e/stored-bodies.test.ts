// Tests bodies too large for Temporal, stored encrypted in a folder that may be away, or may have lost an object.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type DevServer, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { DeadLetters } from '../support/dead-letters.ts';
import { largeEvent, MARKER } from '../support/large-body.ts';
import { Receiver } from '../support/receiver.ts';
import { Surehook, TOKEN } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'surehook-bodies-'));
const folder = join(stateDir, 'bodies');
let server: DevServer;
let receiver: Receiver;
let surehook: Surehook;
let letters: DeadLetters;

const start = async () =>
  await Surehook.start({
    role: 'serve',
    temporalAddress: server.address,
    taskQueue: 'bodies',
    config: 'large',
    env: { RECEIVER_URL: receiver.url, SUREHOOK_STORAGE: `disk:${folder}` },
  });

beforeAll(async () => {
  receiver = await Receiver.start();
  server = await startDevServer({
    cliPath: inject('temporalCliPath'),
    stateDir,
    port: 0,
    uiPort: 0,
    onExit: () => undefined,
  });
  surehook = await start();
  letters = new DeadLetters(surehook, receiver);
});

afterAll(async () => {
  await surehook.stop();
  await receiver.stop();
  await server.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

const objects = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

/** The files that were added to the folder during the work. */
async function storedBy(work: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(objects());
  await work();
  return objects().filter((file) => !before.has(file));
}

function show(id: string): string {
  const show = ['workflow', 'show', '--workflow-id', `partner:${id}`, '--output', 'json'];
  return execFileSync(inject('temporalCliPath'), [...show, '--address', server.address]).toString();
}

/** Sends an event whose delivery then waits for its next attempt. */
async function sendAndFail(event = largeEvent()) {
  receiver.script('/first', event.id, [{ status: 503, headers: { 'retry-after': '2' } }, 200]);
  const [object = ''] = await storedBy(async () => expect((await event.send(surehook)).status).toBe(202));
  await waitFor(
    () => receiver.of(event.id),
    (requests) => requests.length === 1,
  );
  return { ...event, object };
}

it('a body of 4 MB is handled, delivered byte for byte, and shown', async () => {
  const event = largeEvent();
  expect((await event.send(surehook)).status).toBe(202);
  const shown = await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(shown.handler).toMatchObject({ result: { size: event.body.length, marker: MARKER.length } });
  expect(shown.payload).toEqual(JSON.parse(event.body.toString()));
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true]);
  expect((await event.send(surehook)).status).toBe(200);
});

it('a large event that comes again stores no second body, whether it had failed or was processed', async () => {
  const event = largeEvent();
  receiver.script('/first', event.id, [410, 200]);
  const stored = await storedBy(async () => {
    for (const [answered, becomes] of [
      [202, 'failed'],
      [202, 'processed'],
      [200, 'processed'],
    ] as const) {
      expect((await event.send(surehook)).status).toBe(answered);
      await surehook.untilEvent('partner', event.id, ({ status }) => status === becomes);
    }
  });
  expect(stored.length).toBe(1);
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true, true]);
});

it('nothing of a large body is stored in clear text, and Temporal has only a reference to it', async () => {
  const event = await sendAndFail();
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true, true]);
  const history = show(event.id);
  expect(history.length).toBeLessThan(50_000);
  const { payloads } = JSON.parse(history).events[0].workflowExecutionStartedEventAttributes.input;
  const files = readdirSync(stateDir).filter((file) => file.startsWith('temporal.db'));
  const stored = [...files.map((file) => join(stateDir, file)), ...objects()].map((file) =>
    readFileSync(file),
  );
  const decoded = payloads.map(({ data }: { data: string }) => Buffer.from(data, 'base64'));
  for (const bytes of [...stored, ...decoded, Buffer.from(history)])
    expect(bytes.includes(MARKER)).toBe(false);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(event.object).mode & 0o777).toBe(0o600);

  // Temporal's Web UI sends this request to the codec.
  const answer = await surehook.operator('/codec/decode', {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ payloads }),
  });
  const shown = (await answer.json()) as typeof payloads;
  expect(Buffer.from(shown.payloads[1].data, 'base64').equals(event.body)).toBe(true);
});

it('a large body that compresses well is stored there, too, since workers would hold it in memory', async () => {
  const event = largeEvent(4_000_000, 'x'.repeat(4_000_000));
  const [object = '', ...more] = await storedBy(async () =>
    expect((await event.send(surehook)).status).toBe(202),
  );
  expect(more).toEqual([]);
  expect(statSync(object).size).toBeLessThan(100_000);
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true]);
});

it('with the folder away, large events get 503, small events are accepted, and nothing is lost', async () => {
  const large = largeEvent();
  const small = largeEvent(1_000);
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, '');
  const refused = await large.send(surehook);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  expect(await refused.json()).toMatchObject({ code: 'not_queued', detail: expect.stringMatching(/stored/) });
  expect((await small.send(surehook)).status).toBe(202);
  rmSync(folder);
  renameSync(`${folder}.away`, folder);
  expect((await large.send(surehook)).status).toBe(202);
  for (const { id, body } of [large, small]) {
    await surehook.untilEvent('partner', id, ({ status }) => status === 'processed');
    expect(receiver.of(id).map((request) => request.body.equals(body))).toEqual([true]);
  }
});

it.each([
  ['deleted', (object: string) => rmSync(object), 'the body is missing: there is no object'],
  ['damaged', (object: string) => writeFileSync(object, 'x'), 'the body is damaged: object'],
])(
  'a body that was %s is named and costs no attempt, and the event goes on once the body is back',
  async (_, harm, says) => {
    const event = await sendAndFail();
    const kept = readFileSync(event.object);
    harm(event.object);
    const shown = await surehook.operator(`/api/v1/events/partner/${event.id}`);
    const detail = expect.stringContaining(says);
    expect([shown.status, await shown.json()]).toMatchObject([500, { code: 'payload_unreadable', detail }]);
    const lines = () => surehook.logLines().filter((line) => JSON.stringify(line).includes(says));
    await waitFor(() => lines().length > 0);
    expect(receiver.of(event.id)).toHaveLength(1);
    writeFileSync(event.object, kept);
    const after = await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
    expect(after.deliveries[0]?.attempts.map(({ status_code }) => status_code)).toEqual([503, 200]);
    expect(receiver.of(event.id).at(-1)?.body.equals(event.body)).toBe(true);
  },
);

it('a dead letter whose body was lost runs again from its checkpoint with the body of a resend', async () => {
  const event = largeEvent();
  receiver.script('/first', event.id, [410, 200]);
  const [object = ''] = await storedBy(async () => expect((await event.send(surehook)).status).toBe(202));
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'failed');
  rmSync(object);
  expect((await event.send(surehook)).status).toBe(202);
  const { handler } = await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(handler?.attempts).toHaveLength(1);
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toEqual([true, true]);
});

/** Makes a dead letter, and deletes the object with its body. */
async function makeLost(event = largeEvent()) {
  receiver.script('/first', event.id, [410, 200]);
  const [object = ''] = await storedBy(async () => expect((await event.send(surehook)).status).toBe(202));
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'failed');
  await waitFor(async () => (await letters.list()).some(({ event_id }) => event_id === event.id));
  rmSync(object);
  return event;
}

const missing = expect.stringContaining('the body is missing: there is no object');

it('a dead letter whose body was lost can be discarded', async () => {
  const { id } = await makeLost();
  expect(await letters.discard(id, { reason: 'its body is lost' })).toMatchObject({ status: 202 });
  expect(await letters.isListed(id)).toBe(false);
});

it('a dead letter whose body was lost can be replayed with a corrected payload, as large as before', async () => {
  const { id } = await makeLost();
  expect(await letters.replay(id)).toMatchObject({
    status: 500,
    body: { code: 'payload_unreadable', detail: missing },
  });
  const payload = JSON.parse(largeEvent().body.toString());
  expect(await letters.replay(id, { payload })).toMatchObject({ status: 202 });
  await surehook.untilEvent('partner', id, ({ status }) => status === 'processed');
  expect(JSON.parse(receiver.of(id).at(-1)?.body.toString() ?? '')).toEqual(payload);
});

it('a dead letter whose body was lost is exported as an error, and fails in a job that replays all', async () => {
  const { id } = await makeLost();
  const good = largeEvent(1_000);
  receiver.script('/first', good.id, [410, 200]);
  expect((await good.send(surehook)).status).toBe(202);
  await waitFor(async () => (await letters.list()).length === 2);
  expect(await letters.count()).toBe(2);
  const text = await (await surehook.operator('/api/v1/dead-letters/export')).text();
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.find((line) => line.event_id === id)).toMatchObject({ source: 'partner', error: missing });
  expect(lines.find((line) => line.event_id === good.id)).toMatchObject({ payload: { marker: MARKER } });

  const { body } = await letters.post('/api/v1/dead-letters/replay', '{"filter":{},"rate_per_second":50}');
  const show = async () => (await letters.get(`/api/v1/jobs/${body.job_id}`)).body;
  const job = await waitFor(show, ({ closed_at }) => closed_at !== null);
  expect(job).toMatchObject({ status: 'completed', matched: 2, done: 2, started: 1, failed: 1 });
  expect(job.failures).toEqual([{ source: 'partner', event_id: id, reason: missing }]);
  await surehook.untilEvent('partner', good.id, ({ status }) => status === 'processed');
  expect(await letters.discard(id, { reason: 'its body is lost' })).toMatchObject({ status: 202 });
});

it('a replay with a corrected payload is answered 503 while nothing can be stored, and works later', async () => {
  const event = largeEvent();
  receiver.script('/first', event.id, [410, 200]);
  expect((await event.send(surehook)).status).toBe(202);
  await waitFor(async () => (await letters.list()).some(({ event_id }) => event_id === event.id));
  // Files in place of the folders make storing fail.
  const payload = JSON.parse(largeEvent().body.toString());
  renameSync(folder, `${folder}-kept`);
  mkdirSync(folder);
  for (let i = 0; i < 256; i++) writeFileSync(join(folder, i.toString(16).padStart(2, '0')), '');
  expect(await letters.replay(event.id, { payload })).toMatchObject({
    status: 503,
    body: { code: 'storage_unavailable', detail: expect.stringContaining(folder) },
  });
  rmSync(folder, { recursive: true });
  renameSync(`${folder}-kept`, folder);
  expect(await letters.replay(event.id, { payload })).toMatchObject({ status: 202 });
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
});

it('large bodies of one source over 48 MiB at once are refused unread, and small bodies are still accepted', async () => {
  const { hostname, port } = new URL(surehook.publicUrl);
  const headers = { 'content-length': 16_000_000 };
  const unfinished = Array.from({ length: 4 }, () => {
    const open = request({ hostname, port, method: 'POST', path: '/webhooks/partner', headers });
    open.on('error', () => undefined).write(Buffer.alloc(15_999_000));
    return open;
  });
  const answered = unfinished.map(async (open) => ((await once(open, 'response')) as [IncomingMessage])[0]);
  const refused = await Promise.any(answered); // a refused client that still writes may see a reset instead
  expect(refused.statusCode).toBe(503);
  expect(await json(refused)).toMatchObject({
    code: 'not_queued',
    detail: expect.stringMatching(/too many bodies/),
  });
  expect((await largeEvent(1_000).send(surehook)).status).toBe(202);
  for (const open of unfinished) open.destroy();
  const event = largeEvent(16_000_000);
  await waitFor(
    () => event.send(surehook).catch(() => undefined),
    (answer) => answer?.status === 202 || answer?.status === 200,
  );
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
});

it('unfinished small bodies may take 256 MiB together, and free it when their connections close', async () => {
  const { hostname, port } = new URL(surehook.publicUrl);
  const headers = { 'content-length': 1_048_576 };
  const part = Buffer.alloc(1_048_000);
  const unfinished = Array.from({ length: 257 }, () => {
    const open = request({ hostname, port, method: 'POST', path: '/webhooks/partner', headers });
    open.on('error', () => undefined).write(part);
    return open;
  });
  const status = await Promise.any(
    unfinished.map(
      async (open) => ((await once(open, 'response')) as [{ statusCode: number }])[0].statusCode,
    ),
  );
  expect(status).toBe(503); // the bytes of one body were too many
  for (const open of unfinished) open.destroy();
  const event = largeEvent(1_000);
  await waitFor(
    () => event.send(surehook).catch(() => undefined),
    (answer) => answer?.status === 202,
  );
});

it('with Temporal away, large bodies count against the 64 MiB until their starts end, even after the 503', async () => {
  const events = Array.from({ length: 4 }, () => largeEvent(16_000_000));
  process.kill(server.pid, 'SIGSTOP');
  try {
    // A sender that is refused while it writes sees the 503, or a reset.
    const statusOf = (event: (typeof events)[number]) =>
      event.send(surehook).then(
        ({ status }) => status,
        () => 503,
      );
    expect(await Promise.all(events.map(statusOf))).toEqual([503, 503, 503, 503]);
    const refused = await waitFor(() =>
      largeEvent(16_000_000)
        .send(surehook)
        .catch(() => undefined),
    );
    expect(await refused?.json()).toMatchObject({ detail: expect.stringMatching(/too many bodies/) });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  for (const event of events) {
    await waitFor(
      () => event.send(surehook).catch(() => undefined),
      (answer) => answer?.status === 202 || answer?.status === 200,
    );
    await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  }
});

it('an event whose process was killed during its delivery is delivered by the next process', async () => {
  const event = largeEvent();
  receiver.script('/first', event.id, ['hang', 200]);
  expect((await event.send(surehook)).status).toBe(202);
  await waitFor(() => receiver.of(event.id).length === 1);
  await surehook.stop('SIGKILL');
  surehook = await start();
  await surehook.untilEvent('partner', event.id, ({ status }) => status === 'processed');
  expect(receiver.of(event.id).map(({ body }) => body.equals(event.body))).toContain(true);
  expect(objects().filter((file) => file.endsWith('.partial'))).toEqual([]);
});

it('a folder that cannot be used is an error at start that names the setting', async () => {
  const file = join(stateDir, 'a-file');
  writeFileSync(file, '');
  const refused = Surehook.start({
    role: 'api',
    temporalAddress: server.address,
    taskQueue: 'bodies',
    config: 'large',
    env: { SUREHOOK_STORAGE: `disk:${file}/bodies` },
  });
  await expect(refused).rejects.toThrow(/SUREHOOK_STORAGE: disk:.*a-file\/bodies cannot be used: ENOTDIR/);
  expect(existsSync(join(file, 'bodies'))).toBe(false);
});
