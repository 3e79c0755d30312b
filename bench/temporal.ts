// The Temporal server of one run: a dev server with a database file of its own, or the one at TEMPORAL_ADDRESS.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../src/config/settings.ts';
import { SEARCH_ATTRIBUTES } from '../src/messages.ts';
import { startDevServer } from '../src/temporal/dev-server.ts';
import { findTemporalCli } from '../src/temporal/find-cli.ts';
import { serverPids } from './processes.ts';

export interface TemporalServer {
  address: string;
  /** Empty for one on another machine: then its CPU is not counted. */
  pids: number[];
  stop(): Promise<void>;
}

export async function startTemporal(): Promise<TemporalServer> {
  const given = process.env.TEMPORAL_ADDRESS;
  if (given) {
    return { address: given, pids: serverPids(Number(given.split(':')[1])), stop: async () => undefined };
  }
  const stateDir = mkdtempSync(join(tmpdir(), 'surehook-bench-'));
  const types = Object.values(SEARCH_ATTRIBUTES).map(({ name, type }) => [name, type]);
  const server = await startDevServer({
    cliPath: await findCli(),
    stateDir,
    port: 0,
    uiPort: 0,
    searchAttributes: Object.fromEntries(types),
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

async function findCli(): Promise<string> {
  const { path, cacheDir, temporalCliPath } = loadSettings();
  return await findTemporalCli({
    path,
    cacheDir,
    ...(temporalCliPath ? { cliPath: temporalCliPath } : {}),
    onProgress: (line) => void process.stderr.write(`${line}\n`),
  });
}
