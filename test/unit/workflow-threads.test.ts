// Tests that the SDK makes its workflow threads in the way that the lean workflow threads rely on.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import workerThreads from 'node:worker_threads';
import { expect, it } from 'vitest';
import { useLeanWorkflowThreads } from '../../src/temporal/lean-workflow-threads.ts';

const { resolve } = createRequire(import.meta.url);

it('the SDK looks up Worker when it makes a workflow thread, and names the file that is replaced', () => {
  const source = readFileSync(resolve('@temporalio/worker/lib/workflow/threaded-vm.js'), 'utf8');
  expect(source).toContain("new node_worker_threads_1.Worker(require.resolve('./workflow-worker-thread'))");
  expect(resolve('@temporalio/worker/lib/workflow/workflow-worker-thread.js')).toMatch(/\.js$/);
});

it('the SDK runs workflow code with a script time-out, and collects stack traces by a promise hook', () => {
  const calls = readFileSync(resolve('@temporalio/worker/lib/workflow/reusable-vm.js'), 'utf8');
  expect(calls).toMatch(/\.runInContext\(context, \{\s*timeout: isolateExecutionTimeoutMs,/);
  const traces = readFileSync(resolve('@temporalio/worker/lib/workflow/vm-shared.js'), 'utf8');
  expect(traces).toContain('node_v8_1.default.promiseHooks.createHook({');
});

it('only workflow threads are replaced', async () => {
  const { Worker } = workerThreads;
  useLeanWorkflowThreads();
  const other = new workerThreads.Worker('require("node:worker_threads").parentPort.postMessage("theirs")', {
    eval: true,
  });
  expect(await new Promise((done) => other.once('message', done))).toBe('theirs');
  workerThreads.Worker = Worker;
});
