// One endpoint that is down, or was a moment ago: keeps what each worker said of it last where the API can read it, and
// tells the alert routes of an outage that lasts.
import {
  condition,
  continueAsNew,
  defineSignal,
  patched,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  BREAKER_SIGNAL,
  type BreakerReport,
  type BreakerReports,
  type BreakerSignal,
  isExpired,
} from '../endpoints.ts';
import { raiseAlert } from './raise-alert.ts';

export const breakerSignal = defineSignal<[BreakerSignal]>(BREAKER_SIGNAL);

/** A memo is small; more workers than these say nothing new. */
const WORKERS_MAX = 50;
/** Between two looks at whether a report has expired. */
const LOOK_EVERY_MS = 60_000;
/** Where a server does not say when a history is long: Temporal's limit is 51,200 events. */
const HISTORY_MAX = 10_000;

/** What one run hands to the next. */
interface Alerting {
  /** Absent until a worker has said it. */
  after_ms?: number;
  /** The id of the outage that the routes know of. */
  told?: string;
}

/** Its memo is its state: it can be read where no worker runs. */
export async function endpointBreaker(
  endpoint: string,
  carried: BreakerReports = {},
  alerting: Alerting = {},
): Promise<void> {
  const tellsAlerts = patched('endpoint-alerts');
  let reports = { ...carried };
  let isNew = true;
  setHandler(breakerSignal, ({ worker, report, alert_after_ms }) => {
    reports[worker] = report;
    if (alert_after_ms !== undefined) alerting.after_ms = alert_after_ms;
    isNew = true;
  });
  setCurrentDetails(`The breaker of the endpoint ${endpoint}, as its workers tell of it`);
  for (;;) {
    const current = Object.entries(reports).filter(([, report]) => !isExpired(report, Date.now()));
    isNew ||= current.length < Object.keys(reports).length;
    reports = Object.fromEntries(current.slice(-WORKERS_MAX));
    if (isNew) upsertMemo({ workers: { ...reports } });
    isNew = false;
    const dueInMs = tellsAlerts ? await tell(endpoint, Object.values(reports), alerting) : undefined;
    if (current.length === 0 && !isNew) return;
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_MAX) {
      await continueAsNew<typeof endpointBreaker>(endpoint, reports, alerting);
    }
    await condition(() => isNew, Math.min(LOOK_EVERY_MS, dueInMs ?? LOOK_EVERY_MS));
  }
}

/** @returns in how many milliseconds it is due, if it is not yet */
async function tell(
  endpoint: string,
  reports: BreakerReport[],
  alerting: Alerting,
): Promise<number | undefined> {
  const { told, after_ms } = alerting;
  const about = { source: endpoint, event_id: '', event_type: '' };
  const down = reports.filter(({ state }) => state !== 'closed');
  const at = down.map(({ since }) => since).sort()[0];
  if (at === undefined) {
    delete alerting.told;
    // Where nobody speaks of it any more, too: whoever finds it down tells of it anew.
    if (told !== undefined) await raiseAlert('endpoint_up', { ...about, run_id: told });
    return undefined;
  }
  if (told !== undefined || after_ms === undefined) return undefined;
  const dueInMs = Date.parse(at) + after_ms - Date.now();
  if (dueInMs > 0) return dueInMs;
  alerting.told = uuid4();
  const errors = [...new Set(down.flatMap(({ last_error }) => last_error ?? []))];
  await raiseAlert('endpoint_down', { ...about, errors, at, run_id: alerting.told });
  return undefined;
}
