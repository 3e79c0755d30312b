// Reports the state of an endpoint's breaker through Temporal, which both the workers and the API can reach.
import { hostname } from 'node:os';
import {
  BREAKER_SIGNAL,
  type BreakerSignal,
  ENDPOINT_BREAKER,
  type EndpointBreaker,
  endpointBreakerId,
  type ReportBreaker,
} from '../../contracts/endpoint.ts';
import { MACHINERY } from '../../contracts/search-attributes.ts';
import type { Temporal } from '../../temporal/connection.ts';

export function createReportBreaker({ client }: Temporal, taskQueue: string): ReportBreaker {
  const worker = `${process.pid}@${hostname()}`;
  return async (endpoint, what) => {
    await client.workflow.signalWithStart<EndpointBreaker, [BreakerSignal]>(ENDPOINT_BREAKER, {
      workflowId: endpointBreakerId(endpoint),
      taskQueue,
      args: [endpoint],
      signal: BREAKER_SIGNAL,
      signalArgs: [{ worker, ...what }],
      typedSearchAttributes: [MACHINERY],
      staticSummary: `breaker of ${endpoint}`,
    });
  };
}
