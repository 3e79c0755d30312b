// The dev server: what it keeps, what becomes of it when Surehook or it is killed, and what it says when it cannot start.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey, TypedSearchAttributes } from '@temporalio/common';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import {
  type DevServer,
  type DevServerOptions,
  type ExitReason,
  setRetention,
  startDevServer,
} from '../../src/temporal/dev-server.ts';
import { waitFor } from '../support/wait-for.ts';

const SOURCE = defineSearchAttributeKey('WebhookSource', 'KEYWORD');
const MODULE = new URL('../../src/temporal/dev-server.ts', import.meta.url).href;
/** A Surehook of its own, reduced to its server. */
const SUREHOOK = `
  const { startDevServer } = await import(process.argv[1]);
  console.log((await startDevServer({ ...JSON.parse(process.argv[2]), onExit() {} })).pid);
  process.stdin.on('end', () => process.exit()).resume();
`;

let stateDir: string;
let servers: DevServer[];
let surehooks: ChildProcess[];
/** Whatever `onExit` was told. */
let exits: ExitReason[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'surehook-dev-server-'));
  servers = [];
  surehooks = [];
  exits = [];
});

afterEach(async () => {
  for (const surehook of surehooks) await kill(surehook);
  await Promise.all(servers.map((server) => server.stop()));
  if (existsSync(join(stateDir, 'temporal.pid'))) process.kill(-readPidFile().pid, 'SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

test('a workflow, its search attributes and the retention survive a stop and a start', async () => {
  const first = await start();
  await withClient(first, async (client) => {
    await startWorkflow(client, 'kept');
    await setRetention(client.connection, 'default', 30);
  });
  await first.stop();
  expect(readdirSync(stateDir).sort()).toEqual(['temporal.db', 'temporal.log']);

  await withClient(await start(), async (client) => {
    const { searchAttributes, status } = await client.workflow.getHandle('kept').describe();
    expect([status.name, searchAttributes.WebhookSource]).toEqual(['RUNNING', ['stripe']]);
    const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
    await startWorkflow(client, 'another');
  });
});

test('a server that is killed is reported, and the next one has every workflow that it confirmed', async () => {
  const server = await start();
  await withClient(server, (client) => startWorkflow(client, 'kept'));
  process.kill(server.pid, 'SIGKILL');
  expect(await waitFor(() => exits, isNotEmpty)).toEqual(['SIGKILL']);

  const next = await start();
  expect(next.adopted).toBe(false);
  await withClient(next, async (client) => {
    expect((await client.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
  });
});

test('a server outlives the process group of a killed Surehook, is adopted, and then stopped', async () => {
  const { surehook } = await startSurehook();
  const left = readPidFile();
  await kill(surehook);

  const adopted = await start();
  expect(adopted).toMatchObject({
    adopted: true,
    pid: left.pid,
    address: `127.0.0.1:${left.port}`,
    uiUrl: `http://127.0.0.1:${left.uiPort}`,
  });
  await withClient(adopted, (client) => startWorkflow(client, 'on-the-adopted-one'));
  await adopted.stop();
  expect(isAlive(left.pid)).toBe(false);
  expect(existsSync(join(stateDir, 'temporal.pid'))).toBe(false);
  expect(exits).toEqual([]);
});

test('an adopted server that dies is reported', async () => {
  await kill((await startSurehook()).surehook);
  const { pid } = await start();
  process.kill(pid, 'SIGKILL');
  expect(await waitFor(() => exits, isNotEmpty)).toEqual([null]);
});

test('a former server with other arguments is replaced', async () => {
  const { surehook, serverPid } = await startSurehook();
  await kill(surehook);
  expect((await start({ searchAttributes: {} })).adopted).toBe(false);
  expect(isAlive(serverPid)).toBe(false);
});

test('the server of a Surehook that still runs is left to it', async () => {
  const { surehook, serverPid } = await startSurehook();
  const problem = `SUREHOOK_STATE_DIR ${stateDir} is in use by another Surehook (pid ${surehook.pid}); stop it`;
  await expect(start()).rejects.toThrow(problem);
  expect(isAlive(serverPid)).toBe(true);
});

test('a pid file that names a process of somebody else is ignored', async () => {
  writeFileSync(join(stateDir, 'temporal.pid'), JSON.stringify({ pid: process.pid, port: 1, uiPort: 2 }));
  expect((await start()).adopted).toBe(false);
});

test('stop() ends a server that hangs', async () => {
  const server = await start();
  process.kill(server.pid, 'SIGSTOP');
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('in memory, it ends with its process and leaves only its log', async () => {
  const { surehook, serverPid } = await startSurehook({ inMemory: true });
  expect(isAlive(serverPid)).toBe(true);
  surehook.stdin?.end();
  await waitFor(() => !isAlive(serverPid));
  expect(readdirSync(stateDir)).toEqual(['temporal.log']);

  const server = await start({ inMemory: true });
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test.each([
  ['port', 'TEMPORAL_PORT', (port: number) => `TEMPORAL_ADDRESS=127.0.0.1:${port} to use the server there`],
  ['uiPort', 'TEMPORAL_UI_PORT', () => 'TEMPORAL_ADDRESS to use a server that runs'],
])('a %s that somebody else uses is named, with the ways out', async (option, setting, otherwise) => {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  await expect(start({ [option]: port })).rejects.toThrow(
    `${setting} ${port} is in use; set ${setting} to a free port, or ${otherwise(port)}`,
  );
  listener.close();
});

test('a server that ends at once fails with the last lines of its log', async () => {
  const cliPath = join(stateDir, 'broken');
  writeFileSync(cliPath, '#!/bin/sh\necho "Error: disk on fire" >&2\nexit 3\n');
  chmodSync(cliPath, 0o755);
  await expect(start({ cliPath })).rejects.toThrow(
    'the Temporal dev server did not start: it ended with 3\nError: disk on fire',
  );
  expect(existsSync(join(stateDir, 'temporal.pid'))).toBe(false);
});

function options(): Omit<DevServerOptions, 'onExit'> {
  const searchAttributes = { WebhookSource: 'KEYWORD', WebhookError: 'KEYWORD_LIST' } as const;
  return { cliPath: inject('temporalCliPath'), stateDir, port: 0, uiPort: 0, searchAttributes };
}

async function start(changes: Partial<DevServerOptions> = {}): Promise<DevServer> {
  const server = await startDevServer({ ...options(), onExit: (reason) => exits.push(reason), ...changes });
  servers.push(server);
  return server;
}

async function startSurehook(changes: Partial<DevServerOptions> = {}) {
  const args = ['--input-type=module', '-e', SUREHOOK, MODULE, JSON.stringify({ ...options(), ...changes })];
  const surehook = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  surehooks.push(surehook);
  const [line] = await once(surehook.stdout, 'data');
  return { surehook, serverPid: Number(line) };
}

/** With its whole process group, as a terminal does. */
async function kill(surehook: ChildProcess): Promise<void> {
  if (surehook.exitCode !== null || surehook.signalCode !== null) return;
  process.kill(-(surehook.pid as number), 'SIGKILL');
  await once(surehook, 'exit');
}

function readPidFile(): { pid: number; port: number; uiPort: number } {
  return JSON.parse(readFileSync(join(stateDir, 'temporal.pid'), 'utf8'));
}

const isNotEmpty = (list: unknown[]) => list.length > 0;

/** A zombie, whose parent has not yet asked for its end, is dead; macOS has no /proc, and no such parents. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self') || readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

async function withClient(server: DevServer, use: (client: Client) => Promise<void>): Promise<void> {
  const connection = await Connection.connect({ address: server.address });
  await use(new Client({ connection })).finally(() => connection.close());
}

async function startWorkflow(client: Client, workflowId: string): Promise<void> {
  const typedSearchAttributes = new TypedSearchAttributes([{ key: SOURCE, value: 'stripe' }]);
  await client.workflow.start('any', { workflowId, taskQueue: 'none', typedSearchAttributes });
}
