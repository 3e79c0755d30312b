// Tests the Temporal dev server: what it keeps, what happens when it or Surehook is killed, and how a start can fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { type DevServerOptions, startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { setRetention } from '../../src/temporal/retention.ts';
import { isAlive } from '../support/is-alive.ts';

const SOURCE = defineSearchAttributeKey('WebhookSource', 'KEYWORD');
const MODULE = new URL('../../src/temporal/dev/dev-server.ts', import.meta.url).href;
const POLL = { timeout: 20_000 };
/** The script of a process that does only what Surehook does with its dev server. */
const SUREHOOK = `
  const { startDevServer } = await import(process.argv[1]);
  const options = JSON.parse(process.argv[2]);
  const { pid, stop } = await startDevServer({ ...options, onExit() {} });
  process.stdin.resume().on('end', () => (options.inMemory || stop(), process.exit()));
  console.log(pid);
`;

let stateDir: string;
let cleanUps: (() => unknown)[];
/** The arguments of all calls of `onExit`. */
let exits: unknown[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'surehook-dev-server-'));
  cleanUps = [];
  exits = [];
});

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  rmSync(stateDir, { recursive: true, force: true });
});

test('a workflow, its search attributes and the retention survive a stop and a start', async () => {
  const first = await start();
  await startWorkflow(await connectTo(first), 'kept');
  await setRetention((await connectTo(first)).connection, 'default', 30);
  await first.stop();
  expect(readdirSync(stateDir).sort()).toEqual(['temporal.db', 'temporal.log']);

  const client = await connectTo(await start());
  const { searchAttributes, status } = await client.workflow.getHandle('kept').describe();
  expect([status.name, searchAttributes.WebhookSource]).toEqual(['RUNNING', ['stripe']]);
  const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
  await startWorkflow(client, 'another');
});

test('a server that is killed is reported, and the next server has every workflow that was confirmed', async () => {
  const server = await start();
  await startWorkflow(await connectTo(server), 'kept');
  process.kill(server.pid, 'SIGKILL');
  await expect.poll(() => exits, POLL).toEqual(['SIGKILL']);
  const { workflow } = await connectTo(await start());
  expect((await workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
});

test('a server outlives the process group of a killed Surehook, and is adopted and stopped by the next', async () => {
  const { surehook } = await startSurehook();
  const left = JSON.parse(readFileSync(join(stateDir, 'temporal.pid'), 'utf8'));
  await kill(surehook);

  const adopted = await start();
  const [address, uiUrl] = [`127.0.0.1:${left.port}`, `http://127.0.0.1:${left.uiPort}`];
  expect(adopted).toMatchObject({ adopted: true, pid: left.pid, address, uiUrl });
  await startWorkflow(await connectTo(adopted), 'on-the-adopted-one');
  await adopted.stop();
  expect(isAlive(left.pid)).toBe(false);
  expect(readdirSync(stateDir)).not.toContain('temporal.pid');
  expect(exits).toEqual([]);
});

test('an adopted server that dies is reported', async () => {
  await kill((await startSurehook()).surehook);
  const { pid } = await start();
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => exits, POLL).toEqual([null]);
});

test('a leftover server with other arguments is replaced', async () => {
  const { surehook, serverPid } = await startSurehook();
  await kill(surehook);
  expect((await start({ searchAttributes: {} })).adopted).toBe(false);
  expect(isAlive(serverPid)).toBe(false);
});

test('a server that was stopping when its Surehook was killed is replaced', async () => {
  const { surehook, serverPid } = await startSurehook();
  surehook.stdin?.end();
  await once(surehook, 'exit');
  expect((await start()).adopted).toBe(false);
  expect(isAlive(serverPid)).toBe(false);
});

test('the server of a running Surehook is not adopted', async () => {
  const { surehook, serverPid } = await startSurehook();
  const problem = `SUREHOOK_STATE_DIR ${stateDir} is in use by another Surehook (pid ${surehook.pid}); stop it`;
  await expect(start()).rejects.toThrow(problem);
  expect(isAlive(serverPid)).toBe(true);
});

test('a pid file that names another process is ignored', async () => {
  writeFileSync(join(stateDir, 'temporal.pid'), JSON.stringify({ pid: process.pid, port: 1, uiPort: 2 }));
  expect((await start()).adopted).toBe(false);
});

test('the server has none of the environment of Surehook, which holds all secrets', async () => {
  vi.stubEnv('PARTNER_SECRET', 'must stay here');
  vi.stubEnv('SUREHOOK_ENCRYPTION_KEYS', 'k1:must stay here');
  const { pid } = await start();
  const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .map((entry) => entry.replace(/=.*/s, ''));
  expect(names).toContain('PATH');
  expect(names.join()).not.toMatch(/SECRET|KEY|TOKEN|SUREHOOK|TEMPORAL/);
  vi.unstubAllEnvs();
});

test('the HTTP API of the server, which any page in a browser could post to, refuses every request', async () => {
  const { pid, address } = await start();
  const ports = portsOf(pid).filter((port) => `127.0.0.1:${port}` !== address);
  const path = '/api/v1/namespaces/default/workflows';
  const answers = await Promise.all(
    ports.flatMap((port) =>
      ['127.0.0.1', 'localhost', 'rebound.example', ''].map(async (host) => await statusOf(port, path, host)),
    ),
  );
  expect(answers.filter((status) => status === 200)).toEqual([]);
  expect(answers).toContain(403); // so one of them is the HTTP API
});

test('stop() ends a server that hangs', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGSTOP');
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('a server in memory ends with its Surehook and leaves only its log', async () => {
  const { surehook, serverPid } = await startSurehook({ inMemory: true });
  expect(isAlive(serverPid)).toBe(true);
  surehook.stdin?.end();
  await expect.poll(() => isAlive(serverPid), POLL).toBe(false);
  expect(readdirSync(stateDir)).toEqual(['temporal.log']);

  const server = await start({ inMemory: true });
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test.each([
  ['port', 'TEMPORAL_PORT', (port: number) => `TEMPORAL_ADDRESS=127.0.0.1:${port} to use the server there`],
  ['uiPort', 'TEMPORAL_UI_PORT', () => 'TEMPORAL_ADDRESS to use a server that runs'],
])('a %s in use is named, with the alternatives', async (option, setting, otherwise) => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const problem = `${setting} ${port} is in use; set ${setting} to a free port, or ${otherwise(port)}`;
  await expect(start({ [option]: port })).rejects.toThrow(problem);
  listener.close();
});

test('a server that ends at once is an error with the last lines of its log', async () => {
  const cliPath = join(stateDir, 'broken');
  writeFileSync(cliPath, '#!/bin/sh\necho "Error: disk on fire" >&2\nexit 3\n', { mode: 0o755 });
  const problem = 'the Temporal dev server did not start: it ended with 3\nError: disk on fire';
  await expect(start({ cliPath })).rejects.toThrow(problem);
  expect(readdirSync(stateDir)).not.toContain('temporal.pid');
});

/** The ports of loopback on which a process listens. */
function portsOf(pid: number): number[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.includes(inode ?? ''))
    .map(([, local]) => Number.parseInt(local?.split(':')[1] ?? '', 16));
}

/** @returns undefined if the port does not speak HTTP */
async function statusOf(port: number, path: string, host: string): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', path, headers: { host }, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent
      .on('timeout', () => sent.destroy())
      .on('error', () => resolve(undefined))
      .end();
  });
}

function options(): Omit<DevServerOptions, 'onExit'> {
  const searchAttributes = { WebhookSource: 'KEYWORD', WebhookError: 'KEYWORD_LIST' } as const;
  return { cliPath: inject('temporalCliPath'), stateDir, port: 0, uiPort: 0, searchAttributes };
}

async function start(changes: Partial<DevServerOptions> = {}) {
  const server = await startDevServer({ ...options(), onExit: (reason) => exits.push(reason), ...changes });
  cleanUps.push(server.stop);
  return server;
}

async function startSurehook(changes: Partial<DevServerOptions> = {}) {
  const args = ['--input-type=module', '-e', SUREHOOK, MODULE, JSON.stringify({ ...options(), ...changes })];
  const surehook = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  cleanUps.push(() => kill(surehook));
  const serverPid = Number(await once(surehook.stdout, 'data'));
  cleanUps.push(() => isAlive(serverPid) && process.kill(serverPid, 'SIGKILL'));
  return { surehook, serverPid };
}

/** Kills a process with its whole group, as a terminal does. */
async function kill(surehook: ChildProcess): Promise<void> {
  if (surehook.exitCode !== null || surehook.signalCode !== null) return;
  process.kill(-(surehook.pid as number), 'SIGKILL');
  await once(surehook, 'exit');
}

async function connectTo({ address }: { address: string }): Promise<Client> {
  const connection = await Connection.connect({ address });
  cleanUps.push(() => connection.close());
  return new Client({ connection });
}

async function startWorkflow(client: Client, workflowId: string): Promise<void> {
  const typedSearchAttributes = new TypedSearchAttributes([{ key: SOURCE, value: 'stripe' }]);
  await client.workflow.start('any', { workflowId, taskQueue: 'none', typedSearchAttributes });
}
