// Carries the state of an endpoint's breaker from the workers to the API: through Temporal, which both can reach.
import { hostname } from 'node:os';
import { WorkflowNotFoundError } from '@temporalio/client';
import {
  BREAKER_SIGNAL,
  type BreakerReports,
  type BreakerSignal,
  ENDPOINT_BREAKER,
  endpointBreakerId,
  isExpired,
} from '../endpoints.ts';
import type { endpointBreaker } from '../workflows/endpoint-breaker.ts';
import type { Temporal } from './connection.ts';

/** @throws if Temporal does not take it */
export type ReportBreaker = (
  endpoint: string,
  what: Pick<BreakerSignal, 'report' | 'alert_after_ms'>,
) => Promise<void>;

export function createReportBreaker({ client }: Temporal, taskQueue: string): ReportBreaker {
  const worker = `${process.pid}@${hostname()}`;
  return async (endpoint, what) => {
    await client.workflow.signalWithStart<typeof endpointBreaker, [BreakerSignal]>(ENDPOINT_BREAKER, {
      workflowId: endpointBreakerId(endpoint),
      taskQueue,
      args: [endpoint],
      signal: BREAKER_SIGNAL,
      signalArgs: [{ worker, ...what }],
      staticSummary: `breaker of ${endpoint}`,
    });
  };
}

/** @returns what each worker said last; nothing of those that have not opened theirs of late, or are gone */
export async function readBreaker({ client }: Temporal, endpoint: string): Promise<BreakerReports> {
  try {
    const { status, memo } = await client.workflow.getHandle(endpointBreakerId(endpoint)).describe();
    if (status.name !== 'RUNNING') return {};
    const reports = Object.entries((memo?.workers ?? {}) as BreakerReports);
    return Object.fromEntries(reports.filter(([, report]) => !isExpired(report, Date.now())));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return {};
    throw error;
  }
}
