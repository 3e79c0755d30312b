// What every listener has: the bare Express app, health, its own OpenAPI document, and error handling at the end.
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { HttpError, sendProblem } from './errors.ts';
import { reply, route } from './route.ts';
import { toHttpError } from './to-http-error.ts';

/** Rejects with the reason while this process cannot do its work. */
export type CheckReady = () => Promise<void>;

export interface HealthDeps {
  checkReady: CheckReady;
  log: Logger;
  /** The listener's OpenAPI document. */
  document: unknown;
}

/** Every listener has these, without a token. */
export const HEALTH_ROUTES = [
  route<HealthDeps>()({
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process is alive',
    answers: { 200: { description: 'The process is alive', view: z.object({ status: z.literal('ok') }) } },
    errors: [],
    handle: async () => reply(200, { status: 'ok' }),
  }),
  route<HealthDeps>()({
    method: 'get',
    path: '/readyz',
    summary: 'Whether Temporal answers, and the worker polls if this process has one',
    answers: {
      200: { description: 'Ready', view: z.object({ status: z.literal('ready') }) },
      503: {
        description: 'Not ready; `reason` says why',
        view: z.object({ status: z.literal('not_ready'), reason: z.string() }),
      },
    },
    errors: [],
    async handle({ checkReady, log }) {
      try {
        await checkReady();
        return reply(200, { status: 'ready' });
      } catch (error) {
        log.warn({ error: String(error) }, 'not ready');
        return reply(503, { status: 'not_ready', reason: (error as Error).message });
      }
    },
  }),
  route<HealthDeps>()({
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    answers: {
      200: { description: 'OpenAPI 3.1', view: z.object({ openapi: z.literal('3.1.0') }).loose() },
    },
    errors: [],
    handle: async ({ document }) => reply(200, document as { openapi: '3.1.0' }),
  }),
] as const;

export function createBaseApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing'); // a path has one spelling, as the name of a source has
  app.set('etag', false);
  return app;
}

/** Adds the last two layers: one answers requests that no route takes, the other answers errors that a route throws. */
export function endApp(app: Express, log: Logger): Express {
  app.use((request) => {
    throw new HttpError('not_found', `there is nothing at ${request.method} ${request.path.slice(0, 200)}`);
  });
  const onError: ErrorRequestHandler = (error, request, response, _next) => {
    const problem = toHttpError(error);
    const refused = { code: problem.code, method: request.method, path: request.path, ip: request.ip };
    if (problem.status === 500) log.error({ err: error, path: request.path }, 'request failed');
    else if (problem.status === 503) log.warn({ ...refused, reason: reasonOf(error) }, 'request refused');
    else log.info(refused, 'request refused');
    if (response.headersSent || response.destroyed) response.destroy();
    else sendProblem(response, problem);
  };
  app.use(onError);
  return app;
}

/** The messages of an error and of what has caused it. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let one = error; one instanceof Error && messages.length < CAUSES_MAX; one = one.cause)
    messages.push(one.message);
  return messages.join(': ');
}

/** An error of the SDK has two or three; a circle of causes has no end. */
const CAUSES_MAX = 5;
