// The public listener as an HTTP app: the ingress of webhooks, and what else is mounted beside it.
import type { Express } from 'express';
import type { Logger } from 'pino';
import { type CheckReady, createBaseApp, endApp, HEALTH_ROUTES } from '../http/base-app.ts';
import type { CheckPayload } from '../http/check-schema.ts';
import { mountRoutes } from '../http/route.ts';
import type { CompareDuplicate } from './compare-duplicate.ts';
import type { FieldReader } from './field-reader.ts';
import { limitRequests } from './limit-requests.ts';
import type { IngressLimits } from './limits.ts';
import { type IngressObserver, observeIngress } from './observe-ingress.ts';
import { createReceiveWebhook } from './receive-webhook.ts';
import { PUBLIC_ROUTES } from './routes.ts';
import type { StartEvent } from './start-event.ts';
import type { VerifyDeps } from './verify-request.ts';

export interface PublicAppDeps extends IngressObserver, VerifyDeps {
  startEvent: StartEvent;
  compareDuplicate: CompareDuplicate;
  checkPayload: CheckPayload;
  fields: FieldReader;
  limits: Pick<IngressLimits, 'bodies' | 'requests' | 'leastBytesPerSecond'>;
  checkReady: CheckReady;
  trustedProxies: string[];
  /** The OpenAPI document of the listener. */
  document: unknown;
  /** Adds what the listener serves beside the ingress. */
  mount: (app: Express) => void;
  log: Logger;
}

export function createPublicApp(deps: PublicAppDeps): Express {
  const { checkReady, trustedProxies, limits, document, log } = deps;
  const app = createBaseApp();
  app.set('trust proxy', trustedProxies);
  app.use(limitRequests(limits.requests, trustedProxies));
  mountRoutes(app, { routes: HEALTH_ROUTES, deps: { checkReady, log, document } });
  const receive = observeIngress(createReceiveWebhook(deps), deps);
  mountRoutes(app, { routes: PUBLIC_ROUTES, deps: { receive } });
  deps.mount(app);
  return endApp(app, log);
}
