// What every HTTP app has: health at its beginning, answers to what no route took and to what a route threw at its end.
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Logger } from 'pino';
import { HttpError, sendProblem } from './errors.ts';
import { toHttpError } from './to-http-error.ts';

/** Rejects with the reason while this process cannot do its work. */
export type CheckReady = () => Promise<void>;

export function createApp(log: Logger, checkReady: CheckReady): Express {
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
export function close(app: Express, log: Logger): Express {
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
