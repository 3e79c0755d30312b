// `surehook serve`, `api` and `worker`: a process of one role, until it is told to stop.
import { loadSettings } from '../config/settings.ts';
import type { Role } from '../process/parts.ts';
import { type InspectOptions, toInspectPort } from './inspect-handlers.ts';
import { waitForStop } from './stop-on-signal.ts';

/** @returns the exit code; SIGHUP reads the config anew, as of servers that run without a terminal */
export async function serve(role: Role, options: InspectOptions): Promise<number> {
  const settings = loadSettings(); // before the rest is loaded, which takes a second
  const inspectPort = toInspectPort(options);
  const { run } = await import('../process/run.ts');
  const running = await run({ settings, role, webUiUrl: settings.temporalUiUrl, inspectPort });
  process.on('SIGHUP', () => void running.reload());
  return await waitForStop(running, ['SIGINT', 'SIGTERM']);
}
