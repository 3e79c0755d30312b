// The workflow that keeps the callbacks which a client gives a task that has ended. Its history is what is read.
import { defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { CALLBACK_SIGNAL, type CallbackChange } from '../contracts/task.ts';

const callbackSignal = defineSignal<[CallbackChange]>(CALLBACK_SIGNAL);

/** Nothing is told to them. Afterwards they stay readable for the retention of the namespace. */
const KEPT_FOR = '7 days';

export async function lateCallbacks(_taskId: string): Promise<void> {
  setHandler(callbackSignal, () => undefined);
  await sleep(KEPT_FOR);
}
