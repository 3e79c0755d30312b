// The workflow of an endpoint that is down, or was a moment ago: it keeps each worker's last report where the
// API can read it, and raises an alert if the outage lasts.
import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  uuid4,
} from '@temporalio/workflow';
import {
  BREAKER_SIGNAL,
  type BreakerReport,
  type BreakerReports,
  type BreakerSignal,
  isExpired,
} from '../contracts/endpoint.ts';
import { isHistoryLong } from './history.ts';
import { raiseAlert } from './raise-alert.ts';

export const breakerSignal = defineSignal<[BreakerSignal]>(BREAKER_SIGNAL);

/** A memo has to stay small, and the reports of more workers say nothing new. */
const WORKERS_MAX = 50;
/** The longest wait between two checks for expired reports: a third of the time that a report is valid. */
const CHECK_EVERY_MS = 60_000;
/** A fifth of Temporal's limit of 51,200 events, for a server that does not suggest to continue as new. */
const HISTORY_MAX = 10_000;
/** One hour without a report ends an outage: a worker that finds the endpoint down would report it. */
const SILENT_FOR_MS = 3_600_000;

/** What one run hands to the next. */
interface Alerting {
  /** How long an outage lasts before it is raised; absent until a worker has reported it. */
  after_ms?: number;
  /** The id of the outage that was raised and has not ended. */
  told?: string;
  /** Milliseconds since the epoch: the last report of an endpoint whose outage was raised has expired. */
  silent_since?: number;
  /** RFC 3339 UTC: the last time that a worker found the endpoint up. */
  up_at?: string;
}

/** The reports are in the memo, which the API can read even if no worker runs. */
export async function endpointBreaker(
  endpoint: string,
  carried: BreakerReports = {},
  alerting: Alerting = {},
): Promise<void> {
  let reports = { ...carried };
  let isNew = true;
  setHandler(breakerSignal, ({ worker, report, alert_after_ms }) => {
    reports[worker] = report;
    if (alert_after_ms !== undefined) alerting.after_ms = alert_after_ms;
    isNew = true;
  });
  setCurrentDetails(`The breaker of the endpoint ${endpoint}, as its workers report it`);
  for (;;) {
    const current = Object.entries(reports).filter(([, report]) => !isExpired(report, Date.now()));
    isNew ||= current.length < Object.keys(reports).length;
    reports = Object.fromEntries(current.slice(-WORKERS_MAX));
    if (isNew) upsertMemo({ workers: { ...reports } });
    isNew = false;
    const dueInMs = await raiseOutage(endpoint, Object.values(reports), alerting);
    if (current.length === 0 && !isNew && alerting.told === undefined) return;
    if (isHistoryLong(HISTORY_MAX)) await continueAsNew<typeof endpointBreaker>(endpoint, reports, alerting);
    await condition(() => isNew, Math.min(CHECK_EVERY_MS, dueInMs ?? CHECK_EVERY_MS));
  }
}

/** @returns in how many milliseconds to check again, if that is known */
async function raiseOutage(
  endpoint: string,
  reports: BreakerReport[],
  alerting: Alerting,
): Promise<number | undefined> {
  for (const { state, since } of reports)
    if (state === 'closed' && since > (alerting.up_at ?? '')) alerting.up_at = since;
  const down = reports.filter((report) => isDown(report, alerting.up_at ?? ''));
  if (alerting.told !== undefined) return await raiseEnd(endpoint, down, reports, alerting);
  const at = down.map(({ since }) => since).sort()[0];
  if (at === undefined || alerting.after_ms === undefined) return undefined;
  const dueInMs = Date.parse(at) + alerting.after_ms - Date.now();
  if (dueInMs > 0) return dueInMs;
  alerting.told = uuid4();
  const errors = [...new Set(down.flatMap(({ last_error }) => last_error ?? []))];
  await raiseAlert('endpoint_down', { ...aboutOf(endpoint), errors, at, run_id: alerting.told });
  return undefined;
}

async function raiseEnd(
  endpoint: string,
  down: BreakerReport[],
  reports: BreakerReport[],
  alerting: Alerting,
): Promise<number | undefined> {
  const { told, silent_since = Date.now() } = alerting;
  delete alerting.silent_since;
  if (down.length > 0) return undefined;
  const dueInMs = silent_since + SILENT_FOR_MS - Date.now();
  if (reports.length === 0 && dueInMs > 0) {
    alerting.silent_since = silent_since;
    return dueInMs;
  }
  delete alerting.told;
  await raiseAlert('endpoint_up', { ...aboutOf(endpoint), run_id: told });
  return undefined;
}

/**
 * A worker without held deliveries sends no request, and so its breaker stays open though the endpoint may be
 * up again. Such a breaker counts only if it opened after the last time that a worker found the endpoint up.
 */
function isDown({ state, since, held }: BreakerReport, upAt: string): boolean {
  return state !== 'closed' && (held > 0 || since > upAt);
}

const aboutOf = (endpoint: string) => ({ source: endpoint, event_id: '', event_type: '' });
