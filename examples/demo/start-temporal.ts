// The Temporal of the demo: the server that the environment names, or else a dev server that the demo starts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';

export interface DemoTemporal {
  /** The variables by which Surehook finds this Temporal. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Free ports and a temporary folder let the dev server run beside `npm start` and leave nothing behind. */
export async function startTemporal(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoTemporal> {
  const { externalTemporal, path, cacheDir, temporalCliPath } = loadSettings(env);
  if (externalTemporal) return { env: {}, stop: async () => undefined };
  const cliPath = await findTemporalCli({ cliPath: temporalCliPath, path, cacheDir, onProgress, signal });
  const stateDir = mkdtempSync(join(tmpdir(), 'surehook-demo-'));
  const removeState = () => rmSync(stateDir, { recursive: true, force: true });
  const starting = startDevServer({
    cliPath,
    stateDir,
    port: 0,
    uiPort: 0,
    onExit: () => onProgress('the Temporal dev server has stopped'),
  });
  const server = await starting.catch((error) => {
    removeState();
    throw error;
  });
  onProgress(`Temporal dev server at ${server.address}, its Web UI at ${server.uiUrl}`);
  return {
    env: { TEMPORAL_ADDRESS: server.address, TEMPORAL_UI_URL: server.uiUrl },
    stop: async () => {
      await server.stop();
      removeState();
    },
  };
}
