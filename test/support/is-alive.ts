// Whether a process lives that is no child of the test's.
import { readFileSync } from 'node:fs';

/** A zombie, whose parent has not yet asked for its end, is dead; only Linux shows it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}
