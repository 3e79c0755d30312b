// Serves a request of MCP: where it comes from, its body, and the SDK's handler behind them.
import { originValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler } from '@modelcontextprotocol/server';
import type { Request, Response } from 'express';
import { createReadRetentionMs } from '../../../temporal/retention.ts';
import { HttpError } from '../../http/errors.ts';
import { parseJson } from '../../http/parse-json.ts';
import { readBody } from '../../http/read-body.ts';
import { clientNameOf } from '../clients.ts';
import { TASK_MAX_BYTES } from '../create-task.ts';
import type { AgentDeps } from '../deps.ts';
import { traceOf } from '../request-fields.ts';
import type { McpCaller } from './mcp-deps.ts';
import { createMcpServer } from './mcp-server.ts';

/** @throws HttpError if the body does not come whole */
export type ServeMcp = (request: Request, response: Response) => Promise<void>;

export function createServeMcp(deps: AgentDeps, publicUrl: string | undefined): ServeMcp {
  const given = { ...deps, readRetentionMs: createReadRetentionMs(deps.temporal) };
  const onerror = (error: Error) => deps.log.debug({ error: String(error) }, 'mcp request refused');
  const handler = createMcpHandler(({ authInfo }) => createMcpServer(given, mcpCallerOf(authInfo)), {
    onerror,
  });
  const serve = toNodeHandler(handler, { onerror });
  const isOriginAllowed = originValidation(publicUrl ? [new URL(publicUrl).hostname] : []);
  return async (request, response) => {
    if (!isOriginAllowed(request, response)) return;
    const message = request.method === 'POST' ? await readMessage(request, response) : NOTHING;
    if (message === undefined) return;
    const auth: AuthInfo = {
      token: '',
      clientId: clientNameOf(response),
      scopes: [],
      extra: traceOf(request),
    };
    await serve(Object.assign(request, { auth }), response, message === NOTHING ? undefined : message);
  };
}

const NOTHING = Symbol('a request without a body');

function mcpCallerOf(authInfo: AuthInfo | undefined): McpCaller {
  if (authInfo === undefined) throw new Error('a request has passed without a client'); // `requireKey` stands before it
  return { client: authInfo.clientId, ...(authInfo.extra as { traceparent?: string }) };
}

/** @returns undefined if the request is answered already */
async function readMessage(request: Request, response: Response): Promise<unknown> {
  const rawBody = await readBody(request, response, TASK_MAX_BYTES);
  try {
    const message = parseJson(rawBody);
    if (!isListen(message)) return message;
    refuse(response, 404, message.id, -32601, 'Method not found: poll tasks/get; there are no notifications');
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    refuse(response, 400, null, -32700, `Parse error: ${error.message}`);
  }
  return undefined;
}

/** The SDK would hold a stream open on which nothing ever comes. */
function isListen(message: unknown): message is { id: unknown } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'id' in message &&
    'method' in message &&
    message.method === 'subscriptions/listen'
  );
}

function refuse(response: Response, status: number, id: unknown, code: number, message: string): void {
  response.status(status).json({ jsonrpc: '2.0', id, error: { code, message } });
}
