// GET /metrics: our own metrics, the queue as Temporal tells of it, and the SDK's metrics, on one page.
import type { RequestHandler } from 'express';
import type { Metrics } from '../../observability/metrics.ts';
import type { ReadQueueStats } from '../../temporal/queue-stats.ts';

export interface MetricsPage {
  metrics: Metrics;
  readQueueStats: ReadQueueStats;
  /** Prometheus text; empty if it cannot be had. */
  readSdkMetrics: () => Promise<string>;
}

export function serveMetrics({ metrics, readQueueStats, readSdkMetrics }: MetricsPage): RequestHandler {
  return async (_request, response) => {
    const [stats, sdkMetrics] = await Promise.all([readQueueStats(), readSdkMetrics()]);
    metrics.queueRead(stats);
    const ours = await metrics.registry.metrics();
    response.set('content-type', metrics.registry.contentType).send(`${ours}\n${sdkMetrics}`);
  };
}
