// Ends this process from a thread of its own when its parent is gone, or when it has outgrown its memory.
import { Worker } from 'node:worker_threads';

const LOOK_EVERY_MS = 250;

/** Plain JavaScript: a thread of its own goes on while the user's code blocks the main thread. */
const GUARD = `
const { workerData } = require('node:worker_threads');
const parent = process.ppid;
setInterval(() => {
  const isOrphan = process.ppid !== parent;
  const isTooLarge = process.memoryUsage.rss() > workerData.memoryMaxBytes;
  if (isOrphan || isTooLarge) process.kill(process.pid, 'SIGKILL');
}, workerData.lookEveryMs);
`;

/** V8's heap limit aborts the process by itself; this also counts buffers, which that limit leaves out. */
export function startGuard(memoryMaxBytes: number): void {
  const workerData = { memoryMaxBytes, lookEveryMs: LOOK_EVERY_MS };
  const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 };
  new Worker(GUARD, { eval: true, workerData, resourceLimits }).unref();
}
