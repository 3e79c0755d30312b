// The thread that runs workflow code, without two safeguards of the SDK that cost more than the workflows do.
import { createRequire } from 'node:module';
import v8 from 'node:v8';
import vm from 'node:vm';

// Each call into a workflow starts and joins a watchdog thread against endless loops, some fifteen times an event.
// Our workflows have no endless loops, and users' code runs in activities.
const { runInContext } = vm.Script.prototype;
vm.Script.prototype.runInContext = function (context, options = {}) {
  const { timeout: _none, ...rest } = options;
  return runInContext.call(this, context, rest);
};

// Each promise formats a stack trace when it is made, for the `__stack_trace` query; our `status` query says more.
v8.promiseHooks.createHook = () => () => undefined;

createRequire(import.meta.url)('@temporalio/worker/lib/workflow/workflow-worker-thread.js');
