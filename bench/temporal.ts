// The Temporal servers of one run: dev servers with a database file each, or the server at TEMPORAL_ADDRESS.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { loadSettings } from '../src/config/settings.ts';
import { startDevServer } from '../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../src/temporal/dev/find-cli.ts';
import { claimPort } from '../src/temporal/dev/ports-and-processes.ts';
import { serverPids } from './processes.ts';

export interface TemporalServer {
  address: string;
  /** Empty for a server on another machine, whose CPU is not counted. PostgreSQL's processes come and go. */
  readonly pids: number[];
  stop(): Promise<void>;
}

/** The server at TEMPORAL_ADDRESS, such as one on PostgreSQL: all sides run on it, whatever its settings are. */
function givenServer(): TemporalServer | undefined {
  const address = process.env.TEMPORAL_ADDRESS;
  if (!address) return undefined;
  const port = Number(address.split(':')[1]);
  return {
    address,
    get pids() {
      return serverPids(port);
    },
    stop: async () => undefined,
  };
}

/** Starts a dev server as `surehook dev` does. */
export async function startTemporal(): Promise<TemporalServer> {
  const given = givenServer();
  if (given) return given;
  const stateDir = mkdtempSync(join(tmpdir(), 'surehook-bench-'));
  const server = await startDevServer({
    cliPath: await findCli(),
    stateDir,
    port: 0,
    uiPort: 0,
    onExit: (reason) => {
      process.stderr.write(`the Temporal dev server has ended with ${reason}\n`);
      process.exit(1);
    },
  });
  const stop = async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
  return { address: server.address, pids: [server.pid], stop };
}

const PLAIN_READY_WITHIN_MS = 30_000;

/**
 * Starts a dev server as Temporal's documentation does, but with SQLite as fast as Surehook's: 5 times its
 * default.
 */
export async function startPlainTemporal(): Promise<TemporalServer> {
  const given = givenServer();
  if (given) return given;
  const folder = mkdtempSync(join(tmpdir(), 'surehook-bench-plain-'));
  const port = await claimPort('TEMPORAL_PORT', 0, '');
  const store = ['--db-filename', join(folder, 'temporal.db')];
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  const flags = ['--headless', '--port', `${port}`, '--log-level', 'error'];
  const child = spawn(await findCli(), ['server', 'start-dev', ...store, ...pragmas, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const address = `127.0.0.1:${port}`;
  await untilAnswers(address);
  const stop = async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, pids: [child.pid as number], stop };
}

async function untilAnswers(address: string): Promise<void> {
  const deadline = Date.now() + PLAIN_READY_WITHIN_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return await connection.close();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

async function findCli(): Promise<string> {
  const { path, cacheDir, temporalCliPath: cliPath } = loadSettings();
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  return await findTemporalCli({ cliPath, path, cacheDir, onProgress });
}
