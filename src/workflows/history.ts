// When a run hands over to the next one, by continue-as-new.
import { workflowInfo } from '@temporalio/workflow';

/**
 * Whether the history of this run is long enough to go on in a new run. Temporal ends a run at 51,200 events,
 * and suggests to continue as new well before that.
 *
 * @param max events, for a server that suggests nothing, or suggests it later
 */
export function isHistoryLong(max: number): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > max;
}
