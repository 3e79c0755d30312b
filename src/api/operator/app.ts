// The operator API as an HTTP app: its routes, the metrics and the codec, behind the operator's token.
import type { Express } from 'express';
import type { Logger } from 'pino';
import type { Config } from '../../config/config.ts';
import { EVENT_ID, SOURCE_NAME, workflowIdOf } from '../../contracts/ids.ts';
import { listEarlierRuns } from '../../events/earlier-runs.ts';
import { readEvent } from '../../events/read-event.ts';
import type { Temporal } from '../../temporal/connection.ts';
import type { WebUi } from '../../temporal/web-ui.ts';
import { type CheckReady, close, createApp } from '../http/base-app.ts';
import { HttpError } from '../http/errors.ts';
import { requireToken } from '../http/require-token.ts';
import { type MetricsPage, serveMetrics } from '../http/serve-metrics.ts';
import { allowWebUi, createCodecRouter, refuseOtherHosts } from './codec.ts';
import { createDeadLetterRouter } from './dead-letters/router.ts';
import { listEndpoints, showEndpoint } from './endpoints.ts';
import { toEventView } from './events/event-view.ts';
import { cancelEvent, retryNow } from './events/in-flight.ts';
import { listEvents } from './events/list-events.ts';
import { createJobRouter } from './jobs/router.ts';

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
