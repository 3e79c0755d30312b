// Reads the state of an endpoint's breaker, as the workers have reported it to Temporal.
import { type BreakerReports, endpointBreakerId, isExpired } from '../contracts/endpoint.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeRunning } from '../temporal/describe-running.ts';

/** @returns the last report of each worker, unless its breaker has long been closed, or the worker is gone */
export async function readBreaker(temporal: Temporal, endpoint: string): Promise<BreakerReports> {
  const running = await describeRunning(temporal, endpointBreakerId(endpoint));
  const reports = Object.entries((running?.memo?.workers ?? {}) as BreakerReports);
  return Object.fromEntries(reports.filter(([, report]) => !isExpired(report, Date.now())));
}
