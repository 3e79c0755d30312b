// Starts, adopts and stops the Temporal dev server of one state directory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { environmentFor } from '../../config/settings.ts';
import { SEARCH_ATTRIBUTES } from '../../contracts/search-attributes.ts';
import { claimPort, commandLine, goneByPolling, isOpen, LOOPBACK } from './ports-and-processes.ts';

const POLL_MS = 25;
/** Measured: 0.2 s; the rest is room for a cold 250 MB binary on a busy machine. */
const READY_TIMEOUT_MS = 30_000;
/** Measured: 1 to 2 s from SIGTERM (or SIGINT) to the end, with or without workers. */
const STOP_TIMEOUT_MS = 5_000;
/** The types of Surehook's own search attributes, by name. */
const OURS = Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, type]));
const FLAG_TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', DATETIME: 'Datetime' } as const;

export type ExitReason = number | NodeJS.Signals | null;

export interface DevServerOptions {
  cliPath: string;
  /** Holds temporal.db, temporal.pid and temporal.log; made if missing. */
  stateDir: string;
  /** 0 picks a free port, here and for `uiPort`. */
  port: number;
  uiPort: number;
  /** Default: `OURS`. The server reads them when it makes its database; an older one needs `addSearchAttributes`. */
  searchAttributes?: Readonly<Record<string, keyof typeof FLAG_TYPES>>;
  /** The URL at which the Web UI has payloads decrypted. */
  codecEndpoint?: string;
  logFile?: string;
  /** The server has no database file, so nobody can adopt it later: it ends with this process. */
  inMemory?: boolean;
  /** The server died without `stop()`. Gets its exit code or signal; null if it was adopted and so is not our child. */
  onExit: (reason: ExitReason) => void;
}

export interface DevServer {
  address: string;
  uiUrl: string;
  pid: number;
  /** Whether a Surehook that was killed had left the server running. */
  adopted: boolean;
  /** Never rejects. */
  stop(): Promise<void>;
}

type Ports = Pick<DevServerOptions, 'port' | 'uiPort'>;
type Server = Ports & { pid: number; adopted: boolean; gone: Promise<ExitReason> };
/** `owner` tells a Surehook that was killed from one that still runs; a server that is `stopping` is not adopted. */
type PidFile = Ports & { pid: number; owner?: { pid: number; command: string }; stopping: boolean };

/** @throws Error whose first line says what is in the way, and which setting helps */
export async function startDevServer(given: DevServerOptions): Promise<DevServer> {
  const options = { ...given, stateDir: resolve(given.stateDir) };
  mkdirSync(options.stateDir, { recursive: true });
  const server = (await adoptFormer(options)) ?? (await launch(options));
  let stopped: Promise<void> | undefined;
  void server.gone.then((reason) => {
    if (!stopped) options.onExit(reason);
  });
  const { port, uiPort, pid, adopted } = server;
  const stop = () => {
    stopped ??= end(server, options);
    return stopped;
  };
  return { address: `${LOOPBACK}:${port}`, uiUrl: `http://${LOOPBACK}:${uiPort}`, pid, adopted, stop };
}

/** Ends a former server that hangs, is stopping, or runs with other arguments than ours, since it has our database. */
async function adoptFormer(options: DevServerOptions): Promise<Server | undefined> {
  const former = readPidFile(options);
  const command = former ? commandLine(former.pid) : '';
  if (!former || !command.includes(` --db-filename ${filesOf(options).database} `)) return undefined;
  const { pid, owner } = former;
  if (owner?.command && owner.pid !== process.pid && commandLine(owner.pid) === owner.command) {
    const problem = `${options.stateDir} is in use by another Surehook (pid ${owner.pid})`;
    throw new Error(`SUREHOOK_STATE_DIR ${problem}; stop it, or set SUREHOOK_STATE_DIR to another folder`);
  }
  const ports = { port: options.port || former.port, uiPort: options.uiPort || former.uiPort };
  const server = { ...ports, pid, adopted: true, gone: goneByPolling(pid) };
  try {
    const asWanted = command.endsWith(serverArguments(ports, options).join(' '));
    if (former.stopping || !asWanted) throw new Error('not to be adopted');
    await untilReady(server, STOP_TIMEOUT_MS);
    writePidFile(server, false, options);
    return server;
  } catch {
    await end(server, options);
    return undefined;
  }
}

async function launch(options: DevServerOptions): Promise<Server> {
  const { port } = options;
  const ports = {
    port: await claimPort(
      'TEMPORAL_PORT',
      port,
      `TEMPORAL_ADDRESS=${LOOPBACK}:${port} to use the server there`,
    ),
    uiPort: await claimPort('TEMPORAL_UI_PORT', options.uiPort, 'TEMPORAL_ADDRESS to use a server that runs'),
  };
  const log = openSync(filesOf(options).log, 'w');
  // The server has its own process group: a terminal's Ctrl-C must not end the server before Surehook has drained.
  // A server in memory should end with us, since nobody can adopt it.
  const child = spawn(options.cliPath, serverArguments(ports, options), {
    detached: !options.inMemory,
    env: environmentFor('any'),
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const gone = new Promise<ExitReason>((done) => {
    child.once('exit', (code, signal) => done(signal ?? code));
  });
  await once(child, 'spawn');
  child.unref();
  if (options.inMemory) process.once('exit', () => child.kill('SIGKILL'));
  const server = { ...ports, pid: child.pid as number, adopted: false, gone };
  writePidFile(server, false, options);
  try {
    await untilReady(server, READY_TIMEOUT_MS);
    return server;
  } catch (error) {
    await end(server, options);
    const lastLines = readFileSync(filesOf(options).log, 'utf8').trim().split('\n').slice(-10).join('\n');
    throw new Error(
      `the Temporal dev server did not start: ${(error as Error).message}\n${lastLines}`.trim(),
    );
  }
}

function serverArguments({ port, uiPort }: Ports, options: DevServerOptions): string[] {
  const { database } = filesOf(options);
  // The default pragmas are 5 times slower.
  const pragmas = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
  // Eager activities halve the latency of a step; more than one partition is too many for one machine.
  const eager = 'system.enableActivityEagerExecution=true';
  const onePartition = ['Read', 'Write'].map((way) => `matching.numTaskqueue${way}Partitions=1`);
  // The server's HTTP API takes what any page in a browser posts. Nobody needs it, so it serves no host name.
  const noHttpApi = 'frontend.httpAllowedHosts=[]';
  const attributes = Object.entries(options.searchAttributes ?? OURS);
  return [
    ...['server', 'start-dev', ...(options.inMemory ? [] : ['--db-filename', database, ...pragmas])],
    ...(options.codecEndpoint ? ['--ui-codec-endpoint', options.codecEndpoint] : []),
    ...['--ip', LOOPBACK, '--port', `${port}`, '--ui-port', `${uiPort}`, '--log-level', 'error'],
    ...[eager, ...onePartition, noHttpApi].flatMap((setting) => ['--dynamic-config-value', setting]),
    ...attributes.flatMap(([name, type]) => ['--search-attribute', `${name}=${FLAG_TYPES[type]}`]),
  ];
}

async function untilReady(server: Server, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const died = server.gone.then((reason) => {
    throw new Error(`it ended with ${reason}`);
  });
  while (!(await Promise.race([died, answers(server, deadline)]))) {
    if (Date.now() > deadline) throw new Error(`no answer within ${timeoutMs / 1000} s`);
    await delay(POLL_MS);
  }
}

async function answers({ port, uiPort }: Ports, deadline: number): Promise<boolean> {
  if (!(await isOpen(port)) || !(await isOpen(uiPort))) return false;
  // Without its interceptors the connection does not retry. `untilReady` retries, and knows when the server has died.
  const connection = Connection.lazy({
    address: `${LOOPBACK}:${port}`,
    interceptors: [],
    channelArgs: { 'grpc.enable_http_proxy': 0 },
  });
  const describe = () => connection.workflowService.describeNamespace({ namespace: 'default' });
  const described = connection.withDeadline(deadline, describe).then(() => true);
  return await described.catch(() => false).finally(() => connection.close());
}

async function end(server: Server, options: DevServerOptions): Promise<void> {
  try {
    writePidFile(server, true, options);
  } catch {
    // The state directory is gone; the server still has to be ended.
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const timer = new AbortController();
    try {
      process.kill(options.inMemory ? server.pid : -server.pid, signal);
      await Promise.race([server.gone, delay(STOP_TIMEOUT_MS, undefined, { signal: timer.signal })]);
    } catch {
      break; // There is no such process: the server has ended.
    } finally {
      timer.abort();
    }
  }
  if (options.inMemory) return;
  const { database, pid: pidFile } = filesOf(options);
  try {
    rmSync(pidFile, { force: true });
    if (existsSync(database)) await checkpoint(database);
  } catch {
    // Nothing is lost: a stale pid file is ignored, and the next start reads the write-ahead log.
  }
}

/** The server leaves up to 5 MB of its data in the write-ahead log; a copy of temporal.db would lack that data. */
async function checkpoint(database: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite');
  const opened = new DatabaseSync(database);
  opened.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  opened.close();
}

function filesOf({ stateDir, logFile = join(stateDir, 'temporal.log') }: DevServerOptions) {
  return { database: join(stateDir, 'temporal.db'), pid: join(stateDir, 'temporal.pid'), log: logFile };
}

function readPidFile({ inMemory, ...options }: DevServerOptions): PidFile | undefined {
  try {
    return inMemory ? undefined : JSON.parse(readFileSync(filesOf(options).pid, 'utf8'));
  } catch {
    return undefined;
  }
}

function writePidFile({ pid, port, uiPort }: Server, stopping: boolean, options: DevServerOptions): void {
  if (options.inMemory) return;
  const owner = { pid: process.pid, command: commandLine(process.pid) };
  const record: PidFile = { pid, port, uiPort, owner, stopping };
  writeFileSync(filesOf(options).pid, JSON.stringify(record));
}
