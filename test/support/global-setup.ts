// Provides one Temporal server per test run: the server at TEMPORAL_ADDRESS, or a dev server in memory.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    temporalCliPath: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { path, cacheDir, temporalCliPath } = loadSettings(process.env);
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  const cliPath = await findTemporalCli({ cliPath: temporalCliPath, path, cacheDir, onProgress });
  project.provide('temporalCliPath', cliPath);
  const given = process.env.TEMPORAL_ADDRESS;
  if (given) {
    project.provide('temporalAddress', given);
    return async () => undefined;
  }
  const stateDir = mkdtempSync(join(tmpdir(), 'surehook-test-'));
  const server = await startDevServer({
    cliPath,
    stateDir,
    port: 0,
    uiPort: 0,
    inMemory: true,
    onExit: () => undefined,
  });
  project.provide('temporalAddress', server.address);
  return async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  };
}
