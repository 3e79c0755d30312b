// What watches a process: its metrics, the SDK's, and traces where they are configured.
import type { Logger } from 'pino';
import type { Settings } from '../config/settings.ts';
import { VERSION } from '../config/version.ts';
import { Metrics } from '../observability/metrics.ts';
import { NO_TRACING, type Tracing } from '../observability/tracing.ts';
import type { Temporal } from '../temporal/connection.ts';
import { createReadQueueStats, type ReadQueueStats } from '../temporal/queue-stats.ts';
import { installRuntime } from '../temporal/runtime.ts';

export interface Observability {
  metrics: Metrics;
  tracing: Tracing;
  /** What the page of metrics is made of. */
  metricsPage(temporal: Temporal): MetricsSources;
}

export interface MetricsSources {
  metrics: Metrics;
  readQueueStats: ReadQueueStats;
  readSdkMetrics: () => Promise<string>;
}

/** Installs the runtime of Temporal's SDK: it must come before any connection or worker. */
export async function startObservability(
  { tracesUrl, taskQueue }: Settings,
  log: Logger,
): Promise<Observability> {
  const metrics = new Metrics();
  const runtime = await installRuntime({
    log,
    onEventClosed: (source, status) => metrics.eventClosed(source, status),
  });
  const tracing = tracesUrl === undefined ? NO_TRACING : await startTracing(tracesUrl, log);
  const metricsPage = (temporal: Temporal) => ({
    metrics,
    readQueueStats: createReadQueueStats(temporal, taskQueue),
    readSdkMetrics: runtime.readMetrics,
  });
  return { metrics, tracing, metricsPage };
}

/** OpenTelemetry takes time to load: nobody waits for it who has not asked for it. */
async function startTracing(url: string, log: Logger): Promise<Tracing> {
  const { createOtelTracing } = await import('../observability/otel-tracing.ts');
  return createOtelTracing(url, VERSION, log);
}
