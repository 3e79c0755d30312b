// The Temporal that the demo runs on: the one that the environment names, or a dev server of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/settings.ts';
import { startDevServer } from '../../src/temporal/dev/dev-server.ts';
import { findTemporalCli } from '../../src/temporal/dev/find-cli.ts';

export interface DemoTemporal {
  /** What Surehook's environment needs to find it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** Own ports and a folder of its own: it runs beside `npm start` and leaves nothing behind. */
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
