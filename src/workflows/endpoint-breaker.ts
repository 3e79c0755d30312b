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
} from '../contracts/endpoint.ts';
import { raiseAlert } from './raise-alert.ts';

export const breakerSignal = defineSignal<[BreakerSignal]>(BREAKER_SIGNAL);

/** A memo is small; more workers than these say nothing new. */
const WORKERS_MAX = 50;
/** Between two looks at whether a report has expired. */
const LOOK_EVERY_MS = 60_000;
/** Where a server does not say when a history is long: Temporal's limit is 51,200 events. */
const HISTORY_MAX = 10_000;

/** What is down and told of counts as up again once nobody has spoken of it for so long: a worker that finds it down would. */
const SILENT_FOR_MS = 3_600_000;

/** What one run hands to the next. */
interface Alerting {
  /** Absent until a worker has said it. */
  after_ms?: number;
  /** The id of the outage that the routes know of. */
  told?: string;
  /** Milliseconds since the epoch, while it is told and no worker speaks of it. */
  silent_since?: number;
  /** RFC 3339 UTC: a worker found the endpoint up, the last time. */
  up_at?: string;
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
    if (current.length === 0 && !isNew && alerting.told === undefined) return;
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_MAX) {
      await continueAsNew<typeof endpointBreaker>(endpoint, reports, alerting);
    }
    await condition(() => isNew, Math.min(LOOK_EVERY_MS, dueInMs ?? LOOK_EVERY_MS));
  }
}

/** @returns in how many milliseconds to look again, if that is known */
async function tell(
  endpoint: string,
  reports: BreakerReport[],
  alerting: Alerting,
): Promise<number | undefined> {
  for (const { state, since } of reports)
    if (state === 'closed' && since > (alerting.up_at ?? '')) alerting.up_at = since;
  const down = reports.filter((report) => isDown(report, alerting.up_at ?? ''));
  if (alerting.told !== undefined) return await tellEnd(endpoint, down, reports, alerting);
  const at = down.map(({ since }) => since).sort()[0];
  if (at === undefined || alerting.after_ms === undefined) return undefined;
  const dueInMs = Date.parse(at) + alerting.after_ms - Date.now();
  if (dueInMs > 0) return dueInMs;
  alerting.told = uuid4();
  const errors = [...new Set(down.flatMap(({ last_error }) => last_error ?? []))];
  await raiseAlert('endpoint_down', { ...aboutOf(endpoint), errors, at, run_id: alerting.told });
  return undefined;
}

async function tellEnd(
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

/** A worker whose deliveries others have made has none to try with: its breaker stays open though the endpoint is up. */
function isDown({ state, since, held }: BreakerReport, upAt: string): boolean {
  return state !== 'closed' && (held > 0 || since > upAt);
}

const aboutOf = (endpoint: string) => ({ source: endpoint, event_id: '', event_type: '' });
