// What crosses the border between workers that tell of an endpoint's breaker, the workflow that keeps it, and the API.
// As in messages.ts, what Temporal stores is snake_case.

/** `open`: the endpoint is down, its deliveries are held; `half_open`: one of them finds out whether it is back. */
export type BreakerState = 'closed' | 'half_open' | 'open';

/** What one worker says of one endpoint. */
export interface BreakerReport {
  state: BreakerState;
  /** RFC 3339 UTC: when it opened, or closed. */
  since: string;
  /** Attempts that failed one after the other. */
  failures: number;
  /** Code of the last one, such as `timeout` or `http_503`; null when it is closed. */
  last_error: string | null;
  /** RFC 3339 UTC. */
  next_probe_at: string | null;
  /** Deliveries that wait, as far as this worker has seen them. */
  held: number;
  /** RFC 3339 UTC. */
  reported_at: string;
}

/** By worker. */
export type BreakerReports = Record<string, BreakerReport>;

export interface BreakerSignal {
  worker: string;
  report: BreakerReport;
  /** Milliseconds: the alert routes are told of an endpoint that was down for so long. */
  alert_after_ms?: number;
}

export const ENDPOINT_BREAKER = 'endpointBreaker';
export const BREAKER_SIGNAL = 'report';

/** A worker repeats its report this often while its breaker is not closed. */
export const REPORT_EVERY_MS = 60_000;
/** A report that was not repeated for so long is of a worker that is gone. */
export const REPORT_EXPIRES_MS = 180_000;

/** A source named `endpoint` is refused by the config: its events would have such ids. */
export function endpointBreakerId(endpoint: string): string {
  return `endpoint:${endpoint}`;
}

export function isExpired({ reported_at }: BreakerReport, nowMs: number): boolean {
  return nowMs - Date.parse(reported_at) > REPORT_EXPIRES_MS;
}

/** The signature of the workflow `ENDPOINT_BREAKER`. */
export type EndpointBreaker = (endpoint: string) => Promise<void>;

/** Tells Temporal the state of this worker's breaker of an endpoint. @throws if Temporal does not take it */
export type ReportBreaker = (
  endpoint: string,
  what: Pick<BreakerSignal, 'report' | 'alert_after_ms'>,
) => Promise<void>;
