// Mounts MCP at /mcp: a client's key first, and the SDK once somebody has one.
import type { Express, RequestHandler } from 'express';
import type { AgentDeps } from '../deps.ts';
import type { ServeMcp } from './serve-mcp.ts';

export interface McpOptions {
  /** Lets a request pass that carries a client's key. */
  requireKey: RequestHandler;
  /** The public listener as its clients know it: the only origin whose pages may ask. undefined: none. */
  publicUrl: string | undefined;
}

export function mountMcp(app: Express, deps: AgentDeps, { requireKey, publicUrl }: McpOptions): void {
  let serving: Promise<ServeMcp> | undefined;
  app.use('/mcp', requireKey);
  app.all('/mcp', async (request, response) => {
    serving ??= load(deps, publicUrl);
    await (await serving)(request, response);
  });
}

/** The SDK takes 16 MB, which workers and processes without such clients do not need. */
async function load(deps: AgentDeps, publicUrl: string | undefined): Promise<ServeMcp> {
  const { createServeMcp } = await import('./serve-mcp.ts');
  return createServeMcp(deps, publicUrl);
}
