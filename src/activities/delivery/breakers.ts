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
  /** Reports the latest state of the endpoint's present breaker. */
  reportLatest: () => void;
}

export function createBreakers(deps: BreakersDeps): Breakers {
  const entries = new Map<string, Entry>();
  const hosts = new HostBreakers(deps.log);
  const of = (endpoint: EndpointConfig) => {
    if (endpoint.clientHost !== undefined) return hosts.of(endpoint.clientHost, endpoint);
    const { name, url, breaker, timeoutMs } = endpoint;
    const settings = { url, breaker, timeoutMs };
    const known = entries.get(name);
    if (known && isDeepStrictEqual(known.settings, settings)) return known.breaker;
    const reportLatest = known?.reportLatest ?? createReporter(name, () => report(name), deps.log);
    const entry = { settings, breaker: createBreaker(deps, endpoint, reportLatest), reportLatest };
    entries.set(name, entry);
    if (known && known.breaker.report().state !== 'closed') reportLatest(); // the former breaker was reported as open
    return entry.breaker;
  };
  /** The config may have changed since the last report: a new breaker, and an endpoint that is gone, are closed. */
  const report = async (name: string): Promise<BreakerState> => {
    const endpoint = deps.config.endpoints.get(name);
    const entry = entries.get(name) as Entry;
    const latest = endpoint ? of(endpoint).report() : toClosed(entry.breaker.report());
    const { breaker } = entry.settings;
    await deps.reportBreaker(name, {
      report: latest,
      ...(breaker ? { alert_after_ms: breaker.alertAfterMs } : {}),
    });
    if (endpoint === undefined) deps.metrics.breakerRemoved(name);
    return latest.state;
  };
  for (const endpoint of deps.config.endpoints.values()) of(endpoint);
  return { of };
}

/** Hosts that clients name are without number. One that is forgotten while its breaker is open is asked once more. */
const HOSTS_MAX = 10_000;

/** One breaker per host that clients have given, of this worker alone: an operator can mend no client's host. */
class HostBreakers {
  readonly #log: Logger;
  readonly #breakers = new Map<string, Breaker>();

  constructor(log: Logger) {
    this.#log = log;
  }

  of(host: string, { breaker: config, timeoutMs }: EndpointConfig): Breaker {
    const known = this.#breakers.get(host);
    if (known) return known;
    const onChange = (change: Change, report: BreakerReport) => logChange(this.#log, host, change, report);
    const made = new Breaker({ config, timeoutMs, onState: () => undefined, onChange });
    this.#breakers.set(host, made);
    const [oldest] = this.#breakers.keys();
    if (this.#breakers.size > HOSTS_MAX && oldest !== undefined) this.#breakers.delete(oldest);
    return made;
  }
}

function toClosed(report: BreakerReport): BreakerReport {
  const since = new Date().toISOString();
  return { ...report, state: 'closed', since, failures: 0, last_error: null, next_probe_at: null, held: 0 };
}

function createBreaker(
  { log, metrics }: BreakersDeps,
  { name, breaker: config, timeoutMs }: EndpointConfig,
  reportLatest: () => void,
): Breaker {
  const onState = (state: BreakerState) => metrics.breakerChanged(name, state);
  const onChange = (change: Change, report: BreakerReport) => {
    logChange(log, name, change, report);
    reportLatest();
  };
  const breaker = new Breaker({ config, timeoutMs, onState, onChange });
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
