// Creates a worker's breakers, one per endpoint, and reports their changes to log, metrics and Temporal.
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Config, EndpointConfig } from '../../config/config.ts';
import type { ReportBreaker } from '../../contracts/endpoint.ts';
import { type BreakerReport, type BreakerState, REPORT_EVERY_MS } from '../../contracts/endpoint.ts';
import { errorCodeOf, httpErrorCode } from '../../contracts/failures.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { Breaker, type Change, type Verdict } from './breaker.ts';

export interface BreakersDeps {
  config: Config;
  log: Logger;
  metrics: Metrics;
  reportBreaker: ReportBreaker;
}

/** The wait before a report that failed is repeated. */
const REPORT_AGAIN_MS = 5_000;

export interface Breakers {
  /** An endpoint whose settings were changed in the config gets a new breaker, which is closed. */
  of(endpoint: EndpointConfig): Breaker;
}

interface Entry {
  breaker: Breaker;
  settings: Pick<EndpointConfig, 'url' | 'breaker' | 'timeoutMs'>;
}

export function createBreakers(deps: BreakersDeps): Breakers {
  const entries = new Map<string, Entry>();
  const of = (endpoint: EndpointConfig) => {
    const { name, url, breaker, timeoutMs } = endpoint;
    const settings = { url, breaker, timeoutMs };
    const known = entries.get(name);
    if (known && isDeepStrictEqual(known.settings, settings)) return known.breaker;
    const entry = { settings, breaker: createBreaker(deps, endpoint) };
    entries.set(name, entry);
    return entry.breaker;
  };
  for (const endpoint of deps.config.endpoints.values()) of(endpoint);
  return { of };
}

function createBreaker({ log, metrics, reportBreaker }: BreakersDeps, endpoint: EndpointConfig): Breaker {
  const { name, breaker: settings, timeoutMs } = endpoint;
  const alertAfter = settings ? { alert_after_ms: settings.alertAfterMs } : {};
  const report = async () => {
    const report = breaker.report();
    await reportBreaker(name, { report, ...alertAfter });
    return report.state;
  };
  const reportLatest = createReporter(name, report, log);
  const onState = (state: BreakerState) => metrics.breakerChanged(name, state);
  const onChange = (change: Change, report: BreakerReport) => {
    logChange(log, name, change, report);
    reportLatest();
  };
  const breaker = new Breaker({ config: settings, timeoutMs, onState, onChange });
  onState('closed');
  return breaker;
}

/** An answer such as 400 or 404 comes from an endpoint that is up; 408 and 429 say that it cannot keep up. */
export function toVerdict({ ok, statusCode, error, retryAfterMs }: AttemptResult): Verdict {
  if (ok) return { is: 'answered' };
  if (statusCode === undefined) return { is: 'failed', error: errorCodeOf({ error }) };
  const isDown = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  if (!isDown) return { is: 'answered' };
  // 429 speaks of all requests to the endpoint; a 503 may speak of one of its parts.
  const hold = statusCode === 429 && retryAfterMs !== undefined ? { retryAfterMs } : {};
  return { is: 'failed', error: httpErrorCode(statusCode), ...hold };
}

function logChange(log: Logger, name: string, change: Change, report: BreakerReport): void {
  const { failures, last_error: error, next_probe_at, held, since } = report;
  const fields = { endpoint: name, failures, error, held, since, next_probe_at };
  switch (change) {
    case 'opened':
      log.warn(fields, 'endpoint is down: its deliveries are held');
      break;
    case 'still_down':
      log.info(fields, 'endpoint is still down');
      break;
    case 'closed':
      log.info({ endpoint: name, held }, 'endpoint is back: its deliveries go on');
  }
}

/**
 * @returns a function that reports the breaker's latest state, one report after the other, until Temporal has
 * it; while the breaker is not closed, the report is repeated
 */
function createReporter(name: string, report: () => Promise<BreakerState>, log: Logger) {
  let isNews = false;
  let isBusy = false;
  let timer: NodeJS.Timeout | undefined;
  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(reportLatest, ms).unref();
  };
  const send = async () => {
    isBusy = true;
    while (isNews) {
      isNews = false;
      try {
        if ((await report()) === 'closed') clearTimeout(timer);
        else later(REPORT_EVERY_MS);
      } catch (error) {
        log.warn({ endpoint: name, error: String(error) }, 'the state of the breaker could not be reported');
        later(REPORT_AGAIN_MS);
      }
    }
    isBusy = false;
  };
  const reportLatest = () => {
    isNews = true;
    if (!isBusy) void send();
  };
  return reportLatest;
}
