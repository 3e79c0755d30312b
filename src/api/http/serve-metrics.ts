// GET /metrics: Surehook's own metrics, the state of the task queue, and the metrics of Temporal's SDK, on one page.
import type { Metrics } from '../../observability/metrics.ts';
import type { ReadQueueStats } from '../../temporal/queue-stats.ts';
import { route, SENT } from './route.ts';

export interface MetricsPage {
  metrics: Metrics;
  readQueueStats: ReadQueueStats;
  /** Prometheus text; empty if the metrics cannot be read. */
  readSdkMetrics: () => Promise<string>;
}

export const metricsRoute = route<{ metricsPage: MetricsPage }>()({
  method: 'get',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  answers: { 200: { description: 'Prometheus text format', contentType: 'text/plain' } },
  errors: [],
  async handle({ metricsPage: { metrics, readQueueStats, readSdkMetrics } }, { response }) {
    const [stats, sdkMetrics] = await Promise.all([readQueueStats(), readSdkMetrics()]);
    metrics.queueRead(stats);
    const ours = await metrics.registry.metrics();
    response.set('content-type', metrics.registry.contentType).send(`${ours}\n${sdkMetrics}`);
    return SENT;
  },
});
