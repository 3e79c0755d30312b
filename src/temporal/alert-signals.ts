// What alerts ask of Temporal: to wake the workflow of a route, and how many dead letters there are.
import { ALERT_ROUTE, alertRouteId, RAISE_SIGNAL, type RaiseSignal } from '../alerts.ts';
import { DEAD_LETTER, SEARCH_ATTRIBUTES } from '../messages.ts';
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
    await within(SIGNALLED_WITHIN_MS, signalled, `alert route ${route}: Temporal did not take the signal`);
  };
}

/** Dead letters that nobody has replayed or discarded yet, of one source. */
export type CountDeadLetters = (source: string) => Promise<number>;

export function createCountDeadLetters({ client, namespace }: Temporal): CountDeadLetters {
  return async (source) => {
    // A source name holds nothing that a query's string would have to escape.
    const query = `WorkflowType = '${DEAD_LETTER}' AND ExecutionStatus = 'Running' AND ${SEARCH_ATTRIBUTES.source.name} = '${source}'`;
    const counting = client.workflowService.countWorkflowExecutions({ namespace, query });
    const { count } = await within(SIGNALLED_WITHIN_MS, counting, 'Temporal did not count the dead letters');
    return Number(count);
  };
}

async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  promise.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
