// Adds A2A to the public listener: the agent card for everybody, JSON-RPC and REST for clients with a key.
import type { AgentCard } from '@a2a-js/sdk';
import { agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';
import type { Express, Request, RequestHandler } from 'express';
import type { A2ADeps } from './a2a-deps.ts';
import { agentCardJson, JSON_RPC_PATH, REST_PATH } from './agent-card.ts';
import { buildCaller } from './caller.ts';
import { readJsonRpcRequest, readRestRequest } from './read-request.ts';
import { SurehookRequestHandler } from './request-handler.ts';

export interface A2AOptions extends A2ADeps {
  /** undefined: that of the request. */
  publicUrl: string | undefined;
  requireClient: RequestHandler;
}

/** A config that changed is seen soon, and clients ask once for several tasks. */
const CARD_MAX_AGE_SECONDS = 300;

export function mountA2A(app: Express, { publicUrl, requireClient, ...deps }: A2AOptions): void {
  app.use('/.well-known/agent-card.json', (request, response, next) => {
    const card = agentCardJson(deps.config, publicUrl?.replace(/\/+$/, '') ?? originOf(request));
    // The SDK sends what it is given as it is, and so wants the JSON in place of its own form.
    const agentCardProvider = async () => card as unknown as AgentCard;
    agentCardHandler({ agentCardProvider, cache: { maxAge: CARD_MAX_AGE_SECONDS } })(request, response, next);
  });
  const options = { requestHandler: new SurehookRequestHandler(deps), userBuilder: buildCaller };
  app.use(REST_PATH, requireClient, readRestRequest, restHandler(options));
  app.use(JSON_RPC_PATH, requireClient, readJsonRpcRequest, jsonRpcHandler(options));
}

/** As the client has reached us. A proxy that ends TLS says so, if it is trusted. */
function originOf(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}`;
}
