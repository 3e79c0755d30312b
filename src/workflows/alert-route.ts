// One alert route: gathers what is raised, tells of it at its pace, and ends when there is nothing to tell.
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import {
  type AlertKind,
  type Gathered,
  type Pace,
  RAISE_SIGNAL,
  type RaiseSignal,
  type SendAlertInput,
  type SendAlertResult,
} from '../contracts/alert.ts';
import { addGathered, addRaise, isEmpty } from './tally.ts';

export const raiseSignal = defineSignal<[RaiseSignal]>(RAISE_SIGNAL);

/** What one run hands to the next. */
interface Carried {
  pending: Gathered;
  /** What was raised of late: a worker that is lost raises again, and its raise must count once. */
  seen: string[];
  pace: Pace;
  /** Milliseconds since the epoch: no alert before this. */
  not_before: number;
  recheck: string[];
  /** How often these were looked at without news; older runs hand on none. */
  looks?: number;
}

const SHORT: Record<AlertKind, string> = {
  dead_letter: 'de',
  recovered: 're',
  discarded: 'di',
  expiring: 'ex',
  expired: 'ed',
  endpoint_down: 'do',
  endpoint_up: 'up',
};
const SEEN_MAX = 5_000;
/** A raise is repeated within the workflow task time-out of 30 s after its worker was lost; until then it is known here. */
const LINGER_MS = 120_000;
/** Visibility has heard of the end of a dead letter by the first look; of thousands at once, SQLite's by the last. */
const RECHECKS_AFTER_MS = [10_000, 30_000, 300_000] as const;
/** Where a server does not say when a history is long: Temporal's limit is 51,200 events. */
const HISTORY_MAX = 10_000;

const isLong = () => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_MAX;

const { sendAlert } = proxyActivities<Activities>({
  startToCloseTimeout: '10m', // a route may have a message per source; each is bounded by itself
  heartbeatTimeout: '45s',
  scheduleToCloseTimeout: '1d',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

export async function alertRoute(route: string, carried?: Carried): Promise<void> {
  let pending: Gathered = carried?.pending ?? {};
  let recheck = carried?.recheck ?? [];
  let looks = carried?.looks ?? 0;
  let notBefore = carried?.not_before ?? 0;
  let pace: Pace = carried?.pace ?? { gather_ms: 0, every_ms: 0 };
  const seen = new Set(carried?.seen);
  setHandler(raiseSignal, ({ raises, pace: latest }) => {
    pace = latest;
    for (const raise of raises) {
      // The random end of a run id, and the kind: short, since thousands are carried on.
      if (isNew(seen, SHORT[raise.kind] + raise.run_id.slice(-12))) addRaise(pending, raise);
    }
  });
  setCurrentDetails(`Alerts of the route ${route}: gathers what is raised, and sends it`);
  const goOn = () =>
    continueAsNew<typeof alertRoute>(route, {
      pending,
      seen: [...seen],
      pace,
      not_before: notBefore,
      recheck,
      looks,
    });

  for (;;) {
    if (isEmpty(pending) && recheck.length === 0) {
      const linger = Math.max(LINGER_MS, notBefore - Date.now()); // its pace is known here alone
      if (!(await condition(() => !isEmpty(pending), linger))) return;
      notBefore = Math.max(notBefore, Date.now() + pace.gather_ms);
    }
    await condition(isLong, Math.max(1, notBefore - Date.now()));
    if (isLong()) await goOn();
    const input = { route, gathered: pending, recheck };
    pending = {};
    recheck = [];
    const result = await send(input);
    if (result === undefined) {
      // What could not be told joins what has come since.
      if (!isEmpty(pending) || isLong() || patched('attempts-on')) addBack(input);
      if (!isLong()) log.error('an alert could not be sent for a day: it is tried on', { route });
    } else {
      looks = isEmpty(input.gathered) ? looks + 1 : 0;
      if (looks < RECHECKS_AFTER_MS.length) recheck = result.recheck;
    }
    const isSoon = looks === 0 && isEmpty(pending) && recheck.length > 0;
    notBefore = Date.now() + Math.max(pace.every_ms, isSoon ? RECHECKS_AFTER_MS[0] : 0);
    if (looks > 0 && recheck.length > 0) {
      // The later looks are far off: news does not wait for them. (For the first it does, as older histories have it.)
      await condition(() => !isEmpty(pending) || isLong(), RECHECKS_AFTER_MS[looks] ?? 0);
      if (!isEmpty(pending)) notBefore = Math.max(notBefore, Date.now() + pace.gather_ms);
    }
  }

  function addBack(input: SendAlertInput): void {
    addGathered(pending, input.gathered);
    recheck = [...new Set([...recheck, ...input.recheck])];
  }
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  if (seen.size > SEEN_MAX) seen.delete(seen.values().next().value as string);
  return true;
}

/** @returns undefined if it could not be sent: a day has passed, or a storm has made the history long meanwhile */
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
