// The listener of a worker's process as an HTTP app: health and metrics only.
import type { Express } from 'express';
import type { Logger } from 'pino';
import { type CheckReady, createBaseApp, endApp, HEALTH_ROUTES } from '../http/base-app.ts';
import { requireToken } from '../http/require-token.ts';
import { mountRoutes } from '../http/route.ts';
import { type MetricsPage, metricsRoute } from '../http/serve-metrics.ts';
import { WORKER_DOCUMENT } from './routes.ts';

export interface WorkerAppDeps {
  /** undefined if the worker has no token: then its metrics are open to whoever reaches the port. */
  token: string | undefined;
  metricsPage: MetricsPage;
  checkReady: CheckReady;
  log: Logger;
}

export function createWorkerApp({ token, metricsPage, checkReady, log }: WorkerAppDeps): Express {
  const app = createBaseApp();
  mountRoutes(app, { routes: HEALTH_ROUTES, deps: { checkReady, log, document: WORKER_DOCUMENT } });
  if (token !== undefined) app.use(requireToken(token));
  mountRoutes(app, { routes: [metricsRoute], deps: { metricsPage } });
  return endApp(app, log);
}
