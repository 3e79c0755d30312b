// Wakes the workflow of an alert route.
import { ALERT_ROUTE, alertRouteId, RAISE_SIGNAL, type RaiseSignal } from '../alerts.ts';
import { inTime } from '../in-time.ts';
import type { alertRoute } from '../workflows/alert-route.ts';
import type { Temporal } from './connection.ts';

/** A native connection goes on trying for longer; the caller has a retry policy. */
const SIGNALLED_WITHIN_MS = 5_000;

/** @throws if Temporal does not confirm in time; it may have taken the signal all the same */
export type SignalAlertRoute = (route: string, signal: RaiseSignal) => Promise<void>;

export function createSignalAlertRoute({ client }: Temporal, taskQueue: string): SignalAlertRoute {
  return async (route, signal) => {
    const signalled = client.workflow.signalWithStart<typeof alertRoute, [RaiseSignal]>(ALERT_ROUTE, {
      workflowId: alertRouteId(route),
      taskQueue,
      args: [route],
      signal: RAISE_SIGNAL,
      signalArgs: [signal],
      staticSummary: `alerts to ${route}`,
    });
    await inTime(SIGNALLED_WITHIN_MS, signalled, `alert route ${route}: Temporal did not take the signal`);
  };
}
