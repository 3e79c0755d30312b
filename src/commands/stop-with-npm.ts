// Stops `surehook dev` when the npm that has started it is gone: npm hands on signals, but cannot hand on its own SIGKILL.
import { commandLine, parentOf } from '../temporal/dev/ports-and-processes.ts';

/** As soon as somebody may look whether anything was left behind. */
const POLL_MS = 500;
const SHELL = /^(\S*\/)?(ba|da|z|k)?sh /;

/** @param env where npm says that it runs a script, and which */
export function stopWithNpm(env: NodeJS.ProcessEnv): void {
  if (!/\bsurehook\b/.test(env.npm_lifecycle_script ?? '')) return;
  const parent = process.ppid;
  // npm runs its scripts in a shell; some shells give their place to the command.
  const shell = SHELL.test(commandLine(parent)) ? parent : undefined;
  const npm = shell === undefined ? parent : parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === parent && (shell === undefined || parentOf(shell) === npm)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM'); // the stop is the same whatever has begun it
  }, POLL_MS).unref();
}
