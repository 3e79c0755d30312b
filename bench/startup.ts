// Measures how long `serve` takes to start on a running Temporal server, and `npm start` on its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTable } from './report.ts';
import { PROJECT, type SideContext, surehookEnv } from './sides.ts';
import { formatSpread, spread } from './statistics.ts';
import { startTemporal } from './temporal.ts';

type Context = Omit<SideContext, 'temporalAddress'>;

const ANY_PORTS = { PORT: '0', OPERATOR_PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0' };

export async function measureStartup(runs: number, context: Context, say: (line: string) => void) {
  const server = await startTemporal();
  const env: Record<string, string> = {
    ...surehookEnv({ ...context, temporalAddress: server.address }),
    ...ANY_PORTS,
  };
  const serve: number[] = [];
  for (let i = 0; i < runs; i++) serve.push(await timeStart(process.execPath, ['dist/cli.js', 'serve'], env));
  await server.stop();

  const npmStart: number[] = [];
  for (let i = 0; i < runs; i++) {
    const stateDir = mkdtempSync(join(tmpdir(), 'surehook-startup-'));
    const { TEMPORAL_ADDRESS: _ours, ...rest } = env;
    npmStart.push(await timeStart('npm', ['start'], { ...rest, SUREHOOK_STATE_DIR: stateDir }));
    rmSync(stateDir, { recursive: true, force: true });
  }
  const rows = [
    ['serve', formatSpread(spread(serve))],
    ['npm start, with its build', formatSpread(spread(npmStart))],
  ];
  say(formatTable(['start', 'seconds until it is up'], rows));
  return { startup_seconds: { serve, npm_start: npmStart } };
}

async function timeStart(command: string, args: string[], env: Record<string, string>): Promise<number> {
  const begin = performance.now();
  // The process gets its own group: npm runs Surehook under a shell, which would not pass the signal on.
  const child = spawn(command, args, {
    cwd: PROJECT,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await untilUp(child);
  const seconds = (performance.now() - begin) / 1_000;
  process.kill(-(child.pid as number), 'SIGTERM');
  await once(child, 'close'); // Surehook keeps its output open until it has ended
  return seconds;
}

function untilUp(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('surehook is up')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}: ${output}`)));
  });
}
