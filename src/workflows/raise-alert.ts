// Tells the alert routes from within a workflow: a local activity, which Temporal repeats until each route has the raise.
import { CancellationScope, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { AlertKind, Raise } from '../contracts/alert.ts';

const { raiseAlerts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '20s', // it gives Temporal 5 s for the signal, and may wait for those before it
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m' },
});

type About = Pick<Raise, 'source' | 'event_id' | 'event_type'> &
  Partial<Pick<Raise, 'run_id' | 'failed_steps' | 'errors' | 'at'>>;

/**
 * Also where the run is cancelled meanwhile: what it tells of has happened.
 *
 * @param about `run_id` is that of this run, and `at` is now, if not given
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
