// The operator listener as an HTTP app: health, then the codec, then everything behind the operator's token.
import type { Express } from 'express';
import { OPERATOR_API_PATH } from '../../config/http-origin.ts';
import { boundedTemporal } from '../../temporal/bounded.ts';
import { type CheckReady, createBaseApp, endApp, HEALTH_ROUTES } from '../http/base-app.ts';
import { requireToken } from '../http/require-token.ts';
import { mountRoutes } from '../http/route.ts';
import { type MetricsPage, metricsRoute } from '../http/serve-metrics.ts';
import { allowWebUi, refuseOtherHosts } from './codec.ts';
import type { OperatorDeps } from './deps.ts';
import { API_ROUTES, CODEC_ROUTES, OPERATOR_DOCUMENT } from './routes.ts';

/** Every route answers within 5 s while Temporal hangs: the first call finds that out. */
const TEMPORAL_WITHIN_MS = 4_000;

export interface OperatorAppDeps extends OperatorDeps {
  token: string;
  /** The codec asks for no token. Set in dev, where the Web UI has no token to send. */
  openCodec: boolean;
  metricsPage: MetricsPage;
  checkReady: CheckReady;
}

export function createOperatorApp(given: OperatorAppDeps): Express {
  const deps = { ...given, temporal: boundedTemporal(given.temporal, TEMPORAL_WITHIN_MS) };
  const { token, openCodec, metricsPage, checkReady, webUi, log } = deps;
  const app = createBaseApp();
  const tokenNeeded = requireToken(token);
  mountRoutes(app, { routes: HEALTH_ROUTES, deps: { checkReady, log, document: OPERATOR_DOCUMENT } });
  if (webUi) app.use('/codec', allowWebUi(webUi.url));
  app.use('/codec', openCodec ? refuseOtherHosts : tokenNeeded);
  mountRoutes(app, { routes: CODEC_ROUTES, deps });
  app.use(tokenNeeded);
  mountRoutes(app, { routes: [metricsRoute], deps: { metricsPage } });
  mountRoutes(app, { routes: API_ROUTES, prefix: OPERATOR_API_PATH, deps });
  return endApp(app, log);
}
