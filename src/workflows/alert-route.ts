// The workflow of one alert route: it gathers raises, sends alerts at the route's pace, and ends when idle.
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  RAISE_SIGNAL,
  type RaiseSignal,
  type SendAlertInput,
  type SendAlertResult,
} from '../contracts/alert.ts';
import { AlertRouteState, type CarriedRoute } from './alert-route-state.ts';
import { isHistoryLong } from './history.ts';

export const raiseSignal = defineSignal<[RaiseSignal]>(RAISE_SIGNAL);

/** A fifth of Temporal's limit of 51,200 events, for a server that does not suggest to continue as new. */
const HISTORY_MAX = 10_000;

const isLong = () => isHistoryLong(HISTORY_MAX);

const { sendAlert } = proxyActivities<Activities>({
  startToCloseTimeout: '10m', // a route may send a message per source; each message has a time-out of its own
  heartbeatTimeout: '45s',
  scheduleToCloseTimeout: '1d',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export async function alertRoute(route: string, carried?: CarriedRoute): Promise<void> {
  const state = new AlertRouteState({ carried, now: Date.now() });
  setHandler(raiseSignal, (signal) => state.raise(signal, Date.now()));
  setCurrentDetails(`Alerts of the route ${route}: gathers raises, and sends them as alerts`);
  for (;;) {
    const dueAt = state.dueAt();
    const waitMs = dueAt - Date.now();
    if (waitMs > 0) await condition(() => state.dueAt() !== dueAt || isLong(), waitMs);
    if (isLong()) await continueAsNew<typeof alertRoute>(route, state.carried());
    if (state.dueAt() > Date.now()) continue;
    if (state.isIdle()) return;
    const batch = state.take();
    const result = await send({ route, ...batch });
    if (result !== undefined) state.sent(batch, result, Date.now());
    else {
      state.notSent(batch, Date.now());
      if (!isLong()) log.error('an alert could not be sent for a day: attempts continue', { route });
    }
  }
}

/** @returns undefined if the alert could not be sent within a day, or before a storm made the history long */
async function send(input: SendAlertInput): Promise<SendAlertResult | undefined> {
  const scope = new CancellationScope();
  let ended = false;
  const sending = scope
    .run(() => sendAlert(input))
    .finally(() => {
      ended = true;
    });
  sending.catch(() => undefined);
  await condition(() => ended || isLong());
  if (!ended) scope.cancel();
  try {
    return await sending;
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
    return undefined;
  }
}
