// Measures how long a listener keeps others waiting, from a thread of its own: what the test does meanwhile does not count.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const PROBE = `
const { parentPort, workerData } = require('node:worker_threads');
let isDone = false;
parentPort.once('message', () => { isDone = true; });
(async () => {
  let longest = 0;
  for (let n = 0; !isDone; n++) {
    const begun = performance.now();
    await (await fetch(workerData)).text();
    if (n >= 10) longest = Math.max(longest, performance.now() - begun);
    if (n === 10) parentPort.postMessage('ready');
  }
  parentPort.postMessage(longest);
})();
`;

/** Gets a URL again and again until the work is done. @returns the longest wait for an answer, in ms */
export async function longestWaitDuring(url: string, work: () => Promise<unknown>): Promise<number> {
  const probe = new Worker(PROBE, { eval: true, workerData: url });
  try {
    await once(probe, 'message');
    await work();
    probe.postMessage('done');
    const [longest] = await once(probe, 'message');
    return longest;
  } finally {
    await probe.terminate();
  }
}
