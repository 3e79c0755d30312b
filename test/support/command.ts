// Runs a command to its end, and returns its output, its exit code, and whether it left a process behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll } from 'vitest';
import { CLI } from './surehook.ts';

/**
 * An empty working folder, so that no `.env` and no state of this machine plays a part; removed after the test
 * file.
 */
export const folder = mkdtempSync(join(tmpdir(), 'surehook-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** No command takes this long, however busy the machine. */
const KILL_AFTER_MS = 30_000;

export interface Outcome {
  /** null if the command was killed. */
  code: number | null;
  stdout: string;
  stderr: string;
  leftBehind: boolean;
}

export interface RunOptions {
  command?: string;
  cwd?: string;
  input?: string | Buffer;
  killAfterMs?: number;
}

/** Runs `surehook` with these arguments; its environment is PATH, HOME and `env` only. */
export async function runSurehook(
  args: string[],
  env: Record<string, string> = {},
  options: RunOptions = {},
): Promise<Outcome> {
  return await runCommand([CLI, ...args], { SUREHOOK_STATE_DIR: join(folder, 'none'), ...env }, options);
}

export async function runCommand(
  args: string[],
  env: Record<string, string> = {},
  { command = process.execPath, cwd = folder, input = '', killAfterMs = KILL_AFTER_MS }: RunOptions = {},
): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env }, detached: true });
  const timer = setTimeout(signalGroup, killAfterMs, child, 'SIGKILL');
  child.stdin.on('error', () => undefined).end(input); // a command that ends early does not read its input
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  const leftBehind = signalGroup(child, 'SIGKILL');
  const [stdout, stderr] = await output;
  return { code, stdout, stderr, leftBehind };
}

/** @returns whether the child's group, which `child` must lead, had a process to signal */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-(pid as number), signal);
    return true;
  } catch {
    return false;
  }
}
