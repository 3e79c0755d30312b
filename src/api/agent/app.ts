// Adds the agent API to the public listener: everything under it asks for a client's key.
import type { Express } from 'express';
import type { ApiKey } from '../../config/api-keys.ts';
import { TaskWatches } from '../../tasks/watch-task.ts';
import { boundedTemporal } from '../../temporal/bounded.ts';
import type { Rate } from '../http/request-rates.ts';
import { mountRoutes } from '../http/route.ts';
import { mountA2A } from './a2a/mount.ts';
import { Clients, requireClient } from './clients.ts';
import type { AgentDeps } from './deps.ts';
import { mountMcp } from './mcp/mount-mcp.ts';
import { AGENT_ROUTES } from './routes.ts';
import { TasksUnderWay } from './tasks-under-way.ts';

/** Reads answer within 5 s while Temporal hangs. Starts have a limit of their own. */
const TEMPORAL_WITHIN_MS = 4_000;

export interface AgentAppOptions extends Omit<AgentDeps, 'underWay'> {
  apiKeys: readonly ApiKey[];
  rate: Rate;
  /** Tasks of one client that may be under way. */
  tasksMax: number;
  /** The public listener as its clients know it. */
  publicUrl: string | undefined;
}

export function mountAgentApi(app: Express, options: AgentAppOptions): void {
  const { apiKeys, rate, tasksMax, publicUrl, ...given } = options;
  const temporal = boundedTemporal(given.temporal, TEMPORAL_WITHIN_MS);
  const deps: AgentDeps = { ...given, temporal, underWay: new TasksUnderWay(temporal, tasksMax) };
  const requireKey = requireClient(new Clients(apiKeys), rate);
  app.use(['/agent', '/deliveries'], requireKey);
  mountRoutes(app, { routes: AGENT_ROUTES, deps });
  mountMcp(app, deps, { requireKey, publicUrl });
  const watches = new TaskWatches(temporal, given.temporal);
  mountA2A(app, { ...deps, watches, publicUrl, requireClient: requireKey });
}
