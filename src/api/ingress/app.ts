// The public HTTP app: the ingress of webhooks.
import type { Express } from 'express';
import type { Logger } from 'pino';
import { type CheckReady, close, createApp } from '../http/base-app.ts';
import { openapi } from '../http/openapi.ts';
import { type IngressObserver, observeIngress } from './observe-ingress.ts';
import { createReceiveWebhook } from './receive-webhook.ts';
import type { StartEvent } from './start-event.ts';

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
