// Refuses what strangers send to a workflow. Notices that a run goes on after a reset, and closes the event's dead letter: a reset runs the event again.
import { type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { PROCESS_EVENT } from '../contracts/event.ts';
import { RUN_AGENT_TASK } from '../contracts/task.ts';
import { closeDeadLetter } from './open-dead-letter.ts';
import { refuseInbound, refuseOutbound } from './refuse.ts';
import type { Resets } from './resets.ts';

/**
 * The only state of a run that a module holds. The SDK loads the modules anew for each run and calls the
 * interceptor factory before the workflow function, and neither can hand an object to the other. So the
 * workflow fetches the resets here, once, and passes them on as a parameter.
 */
const resets: Resets = { count: 0 };

export function resetsOfRun(): Resets {
  return resets;
}

/**
 * Temporal's workflow API does not announce a reset. But a reset gives the run another random seed, with the
 * first activation after the point of the history that the run was reset to, and again at each later replay:
 * so this is deterministic.
 */
export const interceptors: WorkflowInterceptorsFactory = () => {
  const activator = getActivator();
  let seed = activator.randomnessSeed;
  return {
    inbound: [refuseInbound],
    outbound: [refuseOutbound],
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
  if (![PROCESS_EVENT, RUN_AGENT_TASK].includes(workflowInfo().workflowType)) return;
  resets.count += 1;
  resets.closed = closeDeadLetter({ how: 'reset' }); // closeDeadLetter never rejects
}
