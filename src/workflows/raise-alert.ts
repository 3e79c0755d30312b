// Raises an alert from a workflow, by a local activity that Temporal repeats until each route has the raise.
import { CancellationScope, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { AlertKind, Raise } from '../contracts/alert.ts';

const { raiseAlerts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '20s', // a signal to Temporal may take 5 s, and waits for earlier signals
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

type About = Pick<Raise, 'source' | 'event_id' | 'event_type'> &
  Partial<Pick<Raise, 'run_id' | 'failed_steps' | 'errors' | 'at'>>;

/**
 * Raises even if the run is cancelled meanwhile: what it reports has happened.
 *
 * @param about `run_id` defaults to this run, `at` to now
 */
export async function raiseAlert(kind: AlertKind, about: About): Promise<void> {
  const {
    source,
    event_id,
    event_type,
    failed_steps = [],
    errors = [],
    run_id = workflowInfo().runId,
    at = new Date().toISOString(),
  } = about;
  const raise: Raise = { kind, source, event_id, event_type, failed_steps, errors, at, run_id };
  await CancellationScope.nonCancellable(() => raiseAlerts(raise));
}
