// The endpoints of the config, and what the workers say of their breakers.
import type { Config, EndpointConfig } from '../../config/config.ts';
import type { BreakerReport, BreakerReports, BreakerState } from '../../contracts/endpoint.ts';
import { readBreaker } from '../../events/read-breaker.ts';
import type { Temporal } from '../../temporal/connection.ts';
import { HttpError } from '../http/errors.ts';

export interface EndpointView {
  name: string;
  /** Without credentials, query and fragment. */
  url: string;
  breaker: {
    /** The worst that a worker says; `off` by the config. */
    state: BreakerState | 'off';
    /** Since it is down, as the first worker has it. */
    since: string | null;
    failures: number;
    last_error: string | null;
    /** The next one of any worker. */
    next_probe_at: string | null;
    /** Over all workers. */
    held: number;
    workers: ({ worker: string } & BreakerReport)[];
  };
}

export async function listEndpoints(temporal: Temporal, config: Config): Promise<{ items: EndpointView[] }> {
  const endpoints = [...config.endpoints.values()];
  return { items: await Promise.all(endpoints.map((endpoint) => view(temporal, endpoint))) };
}

/** @throws HttpError `endpoint_not_found` */
export async function showEndpoint(temporal: Temporal, config: Config, name: string): Promise<EndpointView> {
  const endpoint = config.endpoints.get(name);
  if (endpoint) return await view(temporal, endpoint);
  const known = [...config.endpoints.keys()].join(', ') || 'none';
  throw new HttpError('endpoint_not_found', `the config has no such endpoint; it has: ${known}`);
}

async function view(temporal: Temporal, endpoint: EndpointConfig): Promise<EndpointView> {
  const reports: BreakerReports = endpoint.breaker ? await readBreaker(temporal, endpoint.name) : {};
  const workers = Object.entries(reports).map(([worker, report]) => ({ worker, ...report }));
  const down = workers.filter(({ state }) => state !== 'closed');
  const latest = down.toSorted((a, b) => b.reported_at.localeCompare(a.reported_at))[0];
  return {
    name: endpoint.name,
    url: toPublicUrl(endpoint.url),
    breaker: {
      state: endpoint.breaker ? worstOf(down) : 'off',
      since: earliest(down.map(({ since }) => since)),
      failures: Math.max(0, ...down.map(({ failures }) => failures)),
      last_error: latest?.last_error ?? null,
      next_probe_at: earliest(down.flatMap(({ next_probe_at }) => next_probe_at ?? [])),
      held: down.reduce((sum, { held }) => sum + held, 0),
      workers,
    },
  };
}

function worstOf(down: BreakerReport[]): BreakerState {
  if (down.some(({ state }) => state === 'open')) return 'open';
  return down.length > 0 ? 'half_open' : 'closed';
}

function earliest(times: string[]): string | null {
  return times.toSorted()[0] ?? null;
}

/** Credentials may be in each of the parts that are left out. */
function toPublicUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname;
}
