// Signals raises to the workflow of an alert route, which the signal starts if it does not run.
import {
  ALERT_ROUTE,
  type AlertRoute,
  alertRouteId,
  RAISE_SIGNAL,
  type RaiseSignal,
  type SignalAlertRoute,
} from '../../contracts/alert.ts';
import { MACHINERY } from '../../contracts/search-attributes.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { inTime } from '../../temporal/in-time.ts';

/** A native connection retries for longer than this; the caller has a retry policy of its own. */
const SIGNALLED_WITHIN_MS = 5_000;

export function createSignalAlertRoute({ client }: Temporal, taskQueue: string): SignalAlertRoute {
  return async (route, signal) => {
    const signalled = client.workflow.signalWithStart<AlertRoute, [RaiseSignal]>(ALERT_ROUTE, {
      workflowId: alertRouteId(route),
      taskQueue,
      args: [route],
      signal: RAISE_SIGNAL,
      signalArgs: [signal],
      typedSearchAttributes: [MACHINERY],
      staticSummary: `alerts to ${route}`,
    });
    await inTime(SIGNALLED_WITHIN_MS, signalled, `alert route ${route}: Temporal did not take the signal`);
  };
}
