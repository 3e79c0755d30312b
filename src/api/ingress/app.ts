// The public listener as an HTTP app: the ingress of webhooks, and what else is mounted beside it.
import type { Express, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { type CheckReady, createBaseApp, endApp, HEALTH_ROUTES } from '../http/base-app.ts';
import type { CheckPayload } from '../http/check-schema.ts';
import { findClient } from '../http/find-client.ts';
import type { ProxyTrust } from '../http/forwarded-for.ts';
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
  limits: Pick<IngressLimits, 'bodies' | 'requests' | 'rates' | 'leastBytesPerSecond'>;
  checkReady: CheckReady;
  trust: ProxyTrust;
  /** The OpenAPI document of the listener. */
  document: unknown;
  /** Adds what the listener serves beside the ingress. */
  mount: (app: Express) => void;
  log: Logger;
}

export function createPublicApp(deps: PublicAppDeps): Express {
  const { checkReady, trust, limits, document, log } = deps;
  const { trustedProxies } = trust;
  const app = createBaseApp();
  app.set('trust proxy', trustedProxies); // for `request.protocol`; the client's address is ours to find
  app.use(dropEmptySegment);
  app.use(findClient(trust));
  app.use(limitRequests(limits.requests, trustedProxies));
  mountRoutes(app, { routes: HEALTH_ROUTES, deps: { checkReady, log, document } });
  const receive = observeIngress(createReceiveWebhook({ ...deps, trustedProxies }), deps);
  mountRoutes(app, { routes: PUBLIC_ROUTES, deps: { receive } });
  deps.mount(app);
  return endApp(app, log);
}

/** A base URL that ends in a slash, and a path that begins with one, give `//webhooks/x`. */
const dropEmptySegment: RequestHandler = (request, _response, next) => {
  request.url = request.url.replace(/^\/{2,}/, '/');
  next();
};
