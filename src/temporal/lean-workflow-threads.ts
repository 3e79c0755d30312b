// Makes the SDK start its workflow threads with our entry file in place of its own.
import { fileURLToPath } from 'node:url';
import workerThreads from 'node:worker_threads';

const THEIRS = /[\\/]workflow-worker-thread\.js$/;
const OURS = fileURLToPath(new URL('./workflow-thread.js', import.meta.url));

/** Replaces `Worker` in `node:worker_threads`, where the SDK looks it up for each thread: it has no option for this. */
export function useLeanWorkflowThreads(): void {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(typeof file === 'string' && THEIRS.test(file) ? OURS : file, options);
    }
  };
}
