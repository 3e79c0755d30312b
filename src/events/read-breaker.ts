// Reads the state of an endpoint's breaker, as the workers have reported it to Temporal.
import { WorkflowNotFoundError } from '@temporalio/client';
import { type BreakerReports, endpointBreakerId, isExpired } from '../contracts/endpoint.ts';
import type { Temporal } from '../temporal/connection.ts';

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
