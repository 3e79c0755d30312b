// Stories of the example receivers: real processes that verify callbacks, and act on each once.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentClient, API_KEYS } from '../support/agent-client.ts';
import { Receiver } from '../support/receiver.ts';
import { Surehook } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

const SECRET = 'the-secret-of-alice';
const path = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'surehook-receiver-'));
let work: Receiver;
let surehook: Surehook;
let alice: AgentClient;

beforeAll(async () => {
  work = await Receiver.start();
  surehook = await Surehook.start({
    role: 'serve',
    temporalAddress: inject('temporalAddress'),
    taskQueue: 'callback-receivers',
    config: 'tasks',
    env: { RECEIVER_URL: work.url, SUREHOOK_API_KEYS: API_KEYS, SUREHOOK_ALLOW_LOOPBACK_URLS: 'true' },
  });
  alice = new AgentClient(surehook);
});

afterAll(async () => {
  await surehook.stop();
  await work.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  url: string;
  /** What it has printed so far, without its first line. */
  lines: () => string[];
}

async function startReceiver(command: string, file: string): Promise<Running> {
  const { PATH = '' } = process.env;
  const env = { PATH, PORT: '0', WEBHOOK_SECRET: SECRET, DATABASE: join(folder, `${file}.db`) };
  const child = spawn(command, [path(file)], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const url = await waitFor(
    () => /^listening on (\S+)\n/.exec(output)?.[1] ?? '',
    (found) => found !== '',
  );
  return { child, url, lines: () => output.split('\n').slice(1, -1) };
}

/** Passes requests on, and loses the answer to the first one: it cuts the connection instead. */
async function losingFirstAnswer(target: string) {
  let isFirst = true;
  const server = createServer(async (request, response) => {
    const { host: _host, connection: _connection, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(target, {
      method: 'POST',
      headers,
      body: new Uint8Array(await buffer(request)),
    });
    if (isFirst) response.destroy();
    else response.writeHead(answer.status).end();
    isFirst = false;
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

describe.each([
  ['Python', 'python3', 'callback_receiver.py'],
  ['TypeScript', process.execPath, 'callback-receiver.ts'],
])('the receiver in %s', (_language, command, file) => {
  let running: Running;
  beforeAll(async () => {
    running = await startReceiver(command, file);
  });
  afterAll(async () => {
    running.child.kill();
    await once(running.child, 'exit');
  });

  it('verifies a callback, and counts one that comes twice once', async () => {
    const between = await losingFirstAnswer(running.url);
    const id = await alice.begin('echo', {
      text: 'hello',
      webhook_url: between.url,
      webhook_secret: SECRET,
    });
    const task = await alice.until(id, ({ callbacks }) => callbacks[0]?.status === 'delivered');
    expect(task.callbacks[0]?.attempts).toMatchObject([{ error: 'connection_reset' }, { status_code: 204 }]);
    expect(running.lines()).toEqual([`${id} completed`, expect.stringMatching(/^known: \S+$/)]);
    between.stop();
  });

  it('refuses a callback under another secret, and a forged one', async () => {
    const before = running.lines().length;
    const forged = JSON.stringify({ task_id: 'task_x', status: 'completed' });
    const signatures = ['', 'nonsense', 'ÿ', createHmac('sha256', 'another').update(forged).digest('hex')];
    for (const signature of signatures) {
      const headers = { 'webhook-id': 'msg_forged', 'x-webhook-signature': signature };
      expect((await fetch(running.url, { method: 'POST', headers, body: forged })).status).toBe(401);
    }
    const wrong = { webhook_url: running.url, webhook_secret: 'not-the-secret-of-alice' };
    const id = await alice.begin('echo', { text: 'x', ...wrong });
    const task = await alice.until(id, ({ callbacks }) => callbacks[0]?.status === 'failed');
    expect(new Set(task.callbacks[0]?.attempts.map(({ status_code }) => status_code))).toEqual(
      new Set([401]),
    );
    expect(running.lines().length).toBe(before);
  });
});
