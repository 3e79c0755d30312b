// One endpoint that is down, or was a moment ago: keeps what each worker said of it last where the API can read it.
import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { BREAKER_SIGNAL, type BreakerReports, type BreakerSignal, isExpired } from '../endpoints.ts';

export const breakerSignal = defineSignal<[BreakerSignal]>(BREAKER_SIGNAL);

/** A memo is small; more workers than these say nothing new. */
const WORKERS_MAX = 50;
/** Between two looks at whether a report has expired. */
const LOOK_EVERY_MS = 60_000;
/** Where a server does not say when a history is long: Temporal's limit is 51,200 events. */
const HISTORY_MAX = 10_000;

/** Its memo is its state: it can be read where no worker runs. */
export async function endpointBreaker(endpoint: string, carried: BreakerReports = {}): Promise<void> {
  let reports = { ...carried };
  let isNew = true;
  setHandler(breakerSignal, ({ worker, report }) => {
    reports[worker] = report;
    isNew = true;
  });
  setCurrentDetails(`The breaker of the endpoint ${endpoint}, as its workers tell of it`);
  for (;;) {
    const current = Object.entries(reports).filter(([, report]) => !isExpired(report, Date.now()));
    isNew ||= current.length < Object.keys(reports).length;
    reports = Object.fromEntries(current.slice(-WORKERS_MAX));
    if (isNew) upsertMemo({ workers: { ...reports } });
    isNew = false;
    if (current.length === 0) return;
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_MAX) {
      await continueAsNew<typeof endpointBreaker>(endpoint, reports);
    }
    await condition(() => isNew, LOOK_EVERY_MS);
  }
}
