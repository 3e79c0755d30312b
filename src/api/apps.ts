// The two HTTP apps, public and operator: their routes, then one error handler.
import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { EVENT_ID, SOURCE_NAME, workflowIdOf } from '../ids.ts';
import type { Temporal } from '../temporal/connection.ts';
import { readEvent } from '../temporal/read-event.ts';
import type { WebUi } from '../web-ui.ts';
import { allowWebUi, createCodecRouter, refuseOtherHosts } from './codec.ts';
import { createDeadLetterRouter } from './dead-letters.ts';
import { listEarlierRuns } from './earlier-runs.ts';
import { listEndpoints, showEndpoint } from './endpoints.ts';
import { HttpError, sendProblem } from './errors.ts';
import { toEventView } from './event-view.ts';
import { cancelEvent, retryNow } from './in-flight.ts';
import { createJobRouter } from './jobs.ts';
import { listEvents } from './list-events.ts';
import { type IngressObserver, observeIngress } from './observe-ingress.ts';
import { openapi } from './openapi.ts';
import { createReceiveWebhook } from './receive-webhook.ts';
import { type MetricsPage, serveMetrics } from './serve-metrics.ts';
import type { StartEvent } from './start-event.ts';
import { toHttpError } from './to-http-error.ts';

/** Rejects with the reason while this process cannot do its work. */
export type CheckReady = () => Promise<void>;

export interface PublicAppDeps extends IngressObserver {
  startEvent: StartEvent;
  checkReady: CheckReady;
  trustedProxies: string[];
  log: Logger;
}

export function createPublicApp(deps: PublicAppDeps): Express {
  const { checkReady, trustedProxies, log } = deps;
  const app = createApp(log, checkReady);
  app.set('trust proxy', trustedProxies);
  app.all('/webhooks/:source', observeIngress(createReceiveWebhook(deps), deps));
  app.get('/openapi.json', (_request, response) => void response.json(openapi));
  return close(app, log);
}

export interface OperatorAppDeps {
  temporal: Temporal;
  config: Config;
  taskQueue: string;
  token: string;
  /** In dev: the Web UI has no token to send. */
  openCodec: boolean;
  webUi: WebUi | undefined;
  metricsPage: MetricsPage;
  checkReady: CheckReady;
  log: Logger;
}

export function createOperatorApp({
  temporal,
  config,
  taskQueue,
  token,
  openCodec,
  webUi,
  metricsPage,
  checkReady,
  log,
}: OperatorAppDeps): Express {
  const app = createApp(log, checkReady);
  const tokenNeeded = requireToken(token);
  if (webUi) app.use('/codec', allowWebUi(webUi.url));
  app.use(
    '/codec',
    openCodec ? refuseOtherHosts : tokenNeeded,
    createCodecRouter(temporal.codec, temporal.resolve),
  );
  app.use(tokenNeeded);
  app.get('/metrics', serveMetrics(metricsPage));
  app.get(
    '/events',
    async (request, response) => void response.json(await listEvents(temporal, request.query)),
  );
  app.get('/events/:source/:event_id', async ({ params: { source, event_id } }, response) => {
    const workflowId = workflowIdOf(source, event_id);
    const isName = SOURCE_NAME.test(source) && EVENT_ID.test(event_id);
    const run = isName ? await readEvent(temporal, workflowId) : undefined;
    if (!run) throw new HttpError('event_not_found', `there is no event ${event_id} of source ${source}`);
    const earlier_runs = await listEarlierRuns(temporal, workflowId, run.description.runId);
    response.json({ ...toEventView(run, webUi), earlier_runs });
  });
  app.get(
    '/endpoints',
    async (_request, response) => void response.json(await listEndpoints(temporal, config)),
  );
  app.get(
    '/endpoints/:name',
    async ({ params }, response) => void response.json(await showEndpoint(temporal, config, params.name)),
  );
  const inFlight = { temporal, log };
  app.post('/events/:source/:event_id/retry', (request, response) => retryNow(inFlight, request, response));
  app.post('/events/:source/:event_id/cancel', (request, response) =>
    cancelEvent(inFlight, request, response),
  );
  const deadLetters = { temporal, config, taskQueue, eager: false, webUi, log };
  app.use('/dead-letters', createDeadLetterRouter(deadLetters));
  app.use('/jobs', createJobRouter(deadLetters));
  return close(app, log);
}

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

function createApp(log: Logger, checkReady: CheckReady): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    try {
      await checkReady();
      response.json({ status: 'ready' });
    } catch (error) {
      log.warn({ error: String(error) }, 'not ready');
      response.status(503).json({ status: 'not_ready', reason: (error as Error).message });
    }
  });
  return app;
}

/** The last two: what no route took, and what a route threw. */
function close(app: Express, log: Logger): Express {
  app.use((request) => {
    throw new HttpError('not_found', `there is nothing at ${request.method} ${request.path.slice(0, 200)}`);
  });
  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    const problem = toHttpError(error);
    if (problem.status === 500) log.error({ err: error, path: request.path }, 'request failed');
    else
      log.info(
        { code: problem.code, method: request.method, path: request.path, ip: request.ip },
        'request refused',
      );
    if (response.headersSent || response.destroyed) response.destroy();
    else sendProblem(response, problem);
  };
  app.use(onError);
  return app;
}

/** Compares digests: of equal length whatever is sent, and in constant time. */
function requireToken(token: string): RequestHandler {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (request, _response, next) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return next();
    const headers = { 'www-authenticate': 'Bearer' };
    throw new HttpError('unauthorized', 'send Authorization: Bearer <SUREHOOK_OPERATOR_TOKEN>', { headers });
  };
}
