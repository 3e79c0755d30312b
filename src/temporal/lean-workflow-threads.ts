// Has the SDK start its workflow threads with our own entry in place of its own.
import { fileURLToPath } from 'node:url';
import workerThreads from 'node:worker_threads';

const THEIRS = /[\\/]workflow-worker-thread\.js$/;
const OURS = fileURLToPath(new URL('./workflow-thread.js', import.meta.url));

/** The SDK has no option for this: it looks `Worker` up here when it makes a thread. */
export function useLeanWorkflowThreads(): void {
  const { Worker } = workerThreads;
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(typeof file === 'string' && THEIRS.test(file) ? OURS : file, options);
    }
  };
}
