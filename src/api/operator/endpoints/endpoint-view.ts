// An endpoint as the operator API shows it: its address, and what the workers report about its breaker.
import { z } from 'zod';
import type { EndpointConfig } from '../../../config/config.ts';
import type { BreakerReport, BreakerReports, BreakerState } from '../../../contracts/endpoint.ts';
import { readBreaker } from '../../../events/read-breaker.ts';
import type { Temporal } from '../../../temporal/connection.ts';

const breakerReportView = z.object({
  worker: z.string().describe('process id and host'),
  state: z.enum(['closed', 'half_open', 'open']),
  since: z.string(),
  failures: z.int(),
  last_error: z.string().nullable(),
  next_probe_at: z.string().nullable(),
  held: z.int(),
  reported_at: z.string(),
}) satisfies z.ZodType<{ worker: string } & BreakerReport>;

export const endpointView = z
  .object({
    name: z.string(),
    url: z.string().describe('without credentials, query and fragment'),
    breaker: z.object({
      state: z
        .enum(['closed', 'half_open', 'open', 'off'])
        .describe('the worst state of all workers; `off` if the config turns the breaker off'),
      since: z.string().nullable().describe('null unless the endpoint is down'),
      failures: z.int().describe('failed attempts in a row'),
      last_error: z.string().nullable(),
      next_probe_at: z
        .string()
        .nullable()
        .describe('when the next worker finds out whether the endpoint is back'),
      held: z.int().describe('held deliveries, over all workers'),
      workers: z.array(breakerReportView),
    }),
  })
  .meta({ id: 'Endpoint' });

export type EndpointView = z.output<typeof endpointView>;

/** Reads what the workers have reported about the endpoint's breaker. It needs no worker. */
export async function toEndpointView(temporal: Temporal, endpoint: EndpointConfig): Promise<EndpointView> {
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

/** Leaves out each part of the URL that may have credentials. */
function toPublicUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return origin + pathname;
}
