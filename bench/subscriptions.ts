// `node bench/subscriptions.ts [count] [tasks]`: what open subscriptions by A2A cost a process of the API.

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadSettings } from '../src/config/settings.ts';
import { startDevServer } from '../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../src/temporal/dev/find-cli.ts';
import { API_KEYS, CLIENT_KEYS } from '../test/support/agent-client.ts';
import { Surehook } from '../test/support/surehook.ts';
import { cpuMs, rssMb } from './processes.ts';

/** Garbage of the starts is collected by then, and the polls have come back once. */
const SETTLE_MS = 25_000;
const AT_ONCE = 20;

const count = Number(process.argv[2] ?? 1_000);
/** Each subscription has a task of its own unless fewer are given. */
const tasks = Number(process.argv[3] ?? count);
const say = (line: string) => void process.stdout.write(`${line}\n`);
const { path, cacheDir, temporalCliPath } = loadSettings(process.env);
const cliPath = await findTemporalCli({ cliPath: temporalCliPath, path, cacheDir, onProgress: say });
const stateDir = mkdtempSync(join(tmpdir(), 'surehook-subscriptions-'));
const temporal = await startDevServer({
  cliPath,
  stateDir,
  port: 0,
  uiPort: 0,
  inMemory: true,
  onExit: () => undefined,
});
// Without a worker the tasks stay open, and nothing else happens in the process.
const api = await Surehook.start({
  role: 'api',
  temporalAddress: temporal.address,
  taskQueue: 'subscriptions',
  config: 'tasks',
  env: {
    SUREHOOK_API_KEYS: API_KEYS,
    SUREHOOK_CLIENT_REQUESTS_PER_SECOND: '10000',
    SUREHOOK_MAX_CONNECTIONS_PER_CLIENT: '10000',
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
  },
});
const pid = api.child.pid as number;
const headers = { authorization: `Bearer ${CLIENT_KEYS.alice}`, 'a2a-version': '1.0' };

const ids = await eachOf(tasks, async (n) => {
  const response = await fetch(`${api.publicUrl}/agent/echo`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ text: `number ${n}` }),
  });
  return ((await response.json()) as { task_id: string }).task_id;
});
await pause(SETTLE_MS);
const inspector = await connectInspector();
const before = await usedMb();
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
const streams = await eachOf(count, async (n) => await subscribe(ids[n % tasks] as string));
await pause(SETTLE_MS);
const [after, cpuBefore] = [await usedMb(), cpuMs([pid])];
await pause(SETTLE_MS);
const cpu = (cpuMs([pid]) - cpuBefore) / SETTLE_MS;
const more = (name: keyof typeof after) => `${(after[name] - before[name]).toFixed(1)} MB of ${name}`;
say(
  `${streams.length} subscriptions to ${tasks} tasks: ${more('rss')} (${before.rss.toFixed(1)} to ${after.rss.toFixed(1)}), ${more('heap')}, ${more('committed heap')}, ${more('external')}; ${(100 * cpu).toFixed(1)} % of a core while nothing happens`,
);
inspector.close();
for (const stream of streams) stream.destroy();
await api.stop();
await temporal.stop();
rmSync(stateDir, { recursive: true, force: true });

/** The process of the API: its garbage is not what subscriptions cost. */
async function connectInspector(): Promise<WebSocket> {
  const [, url = ''] = /Debugger listening on (ws:\S+)/.exec(api.output) ?? [];
  const socket = new WebSocket(url);
  await new Promise((resolve) => {
    socket.onopen = resolve;
  });
  return socket;
}

/** Megabytes after a collection of garbage. */
async function usedMb(): Promise<Record<'rss' | 'heap' | 'committed heap' | 'external', number>> {
  await inspect('HeapProfiler.collectGarbage', {});
  const { result } = await inspect('Runtime.evaluate', {
    expression: 'JSON.stringify(process.memoryUsage())',
  });
  const { heapUsed, heapTotal, external } = JSON.parse(result.value) as NodeJS.MemoryUsage;
  const mb = (bytes: number) => bytes / 2 ** 20;
  return {
    rss: rssMb([pid]),
    heap: mb(heapUsed),
    'committed heap': mb(heapTotal),
    external: mb(external),
  };
}

async function inspect(method: string, params: object): Promise<{ result: { value: string } }> {
  inspector.send(JSON.stringify({ id: 1, method, params }));
  return await new Promise((resolve) => {
    inspector.onmessage = ({ data }) => {
      const { id, result } = JSON.parse(String(data));
      if (id === 1) resolve(result);
    };
  });
}

/** Resolves with the first event. */
async function subscribe(id: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    const url = `${api.publicUrl}/a2a/v1/tasks/${id}:subscribe`;
    const request = httpGet(url, { headers, agent }, (response) => {
      response.once('data', () => resolve(response));
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    });
    request.on('error', reject);
  });
}

async function eachOf<T>(many: number, work: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < many; n = next++) results[n] = await work(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}
