// An endpoint's breaker as it passes between the workers that report it, the workflow that keeps it, and the API.
// As in event.ts, records that Temporal stores are snake_case.

/** `open`: the endpoint is down, its deliveries are held. `half_open`: one delivery finds out whether it is back. */
export type BreakerState = 'closed' | 'half_open' | 'open';

/** The state of one endpoint's breaker in one worker. */
export interface BreakerReport {
  state: BreakerState;
  /** RFC 3339 UTC: when the breaker opened, or closed. */
  since: string;
  /** Failed attempts in a row. */
  failures: number;
  /** The code of the last attempt if it failed, such as `timeout` or `http_503`; else null, as when the breaker closes. */
  last_error: string | null;
  /** RFC 3339 UTC; null when the breaker is closed. */
  next_probe_at: string | null;
  /** Held deliveries, as far as this worker has seen them. */
  held: number;
  /** RFC 3339 UTC. */
  reported_at: string;
}

/** The last report of each worker, by the worker's name. */
export type BreakerReports = Record<string, BreakerReport>;

export interface BreakerSignal {
  worker: string;
  report: BreakerReport;
  /** Milliseconds: an outage that lasts so long is raised to the alert routes. */
  alert_after_ms?: number;
}

export const ENDPOINT_BREAKER = 'endpointBreaker';
export const BREAKER_SIGNAL = 'report';

/** A worker repeats its report this often while its breaker is not closed. */
export const REPORT_EVERY_MS = 60_000;
/** A worker that has not repeated its report for so long is gone. */
export const REPORT_EXPIRES_MS = 180_000;

/** The config refuses a source named `endpoint`, whose events would have such ids. */
export function endpointBreakerId(endpoint: string): string {
  return `endpoint:${endpoint}`;
}

export function isExpired({ reported_at }: BreakerReport, nowMs: number): boolean {
  return nowMs - Date.parse(reported_at) > REPORT_EXPIRES_MS;
}

/** The signature of the workflow `ENDPOINT_BREAKER`. */
export type EndpointBreaker = (endpoint: string) => Promise<void>;

/** Reports the state of this worker's breaker of an endpoint. @throws if Temporal does not take the report */
export type ReportBreaker = (
  endpoint: string,
  what: Pick<BreakerSignal, 'report' | 'alert_after_ms'>,
) => Promise<void>;
