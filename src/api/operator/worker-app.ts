// The HTTP app of a worker's process.
import type { Express } from 'express';
import type { Logger } from 'pino';
import { type CheckReady, close, createApp } from '../http/base-app.ts';
import { requireToken } from '../http/require-token.ts';
import { type MetricsPage, serveMetrics } from '../http/serve-metrics.ts';

export interface WorkerAppDeps {
  /** A worker may have none: then its metrics are open to whoever reaches the port. */
  token: string | undefined;
  metricsPage: MetricsPage;
  checkReady: CheckReady;
  log: Logger;
}

/** What a worker's process answers: health and metrics only. */
export function createWorkerApp({ token, metricsPage, checkReady, log }: WorkerAppDeps): Express {
  const app = createApp(log, checkReady);
  if (token !== undefined) app.use(requireToken(token));
  app.get('/metrics', serveMetrics(metricsPage));
  return close(app, log);
}
