// Tells whether a process lives that is no child of the test's process.
import { readFileSync } from 'node:fs';

/** A zombie counts as dead: its parent has not yet waited for it. Only Linux shows that. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}
