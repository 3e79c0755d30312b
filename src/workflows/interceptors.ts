// Notices that a run goes on from a reset, and closes the dead letter: whoever resets an event runs it again.
import { patched, type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { PROCESS_EVENT } from '../contracts/event.ts';
import { closeDeadLetter } from './open-dead-letter.ts';
import { resets } from './resets.ts';

/**
 * Nothing in a workflow's API tells of a reset when it comes. But Temporal gives the run another random seed then, with
 * the first activation after that point of the history, and again at each later replay: so this is deterministic.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const activator = getActivator();
  let seed = activator.randomnessSeed;
  return {
    internals: [
      {
        activate(input, next) {
          if (seed !== activator.randomnessSeed) {
            seed = activator.randomnessSeed;
            onReset();
          }
          next(input);
        },
      },
    ],
  };
};

function onReset(): void {
  if (workflowInfo().workflowType !== PROCESS_EVENT || !patched('reset')) return;
  resets.count += 1;
  resets.told = closeDeadLetter({ how: 'reset' });
  resets.told.catch(() => undefined); // cancelled with the run, which awaits it
}
