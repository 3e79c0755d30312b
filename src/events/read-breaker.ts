// Reads the state of an endpoint's breaker, as the workers have reported it to Temporal.
import { type BreakerReports, endpointBreakerId, isExpired } from '../contracts/endpoint.ts';
import type { Temporal } from '../temporal/connection.ts';
import { describeRunning } from '../temporal/describe-running.ts';

/** @returns what each worker said last; nothing of those that have not opened theirs of late, or are gone */
export async function readBreaker(temporal: Temporal, endpoint: string): Promise<BreakerReports> {
  const running = await describeRunning(temporal, endpointBreakerId(endpoint));
  const reports = Object.entries((running?.memo?.workers ?? {}) as BreakerReports);
  return Object.fromEntries(reports.filter(([, report]) => !isExpired(report, Date.now())));
}
