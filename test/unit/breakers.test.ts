// Tests the breakers of a worker while the config changes: what is reported of an endpoint that is mended, or gone.
import { expect, it } from 'vitest';
import { createBreakers } from '../../src/activities/delivery/breakers.ts';
import type { Config, EndpointConfig } from '../../src/config/config.ts';
import type { BreakerReport } from '../../src/contracts/endpoint.ts';
import { createLog } from '../../src/observability/log.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { waitFor } from '../support/wait-for.ts';

const BREAKER = { failures: 1, probeAfterMs: 10_000, holdForMs: 60_000, alertAfterMs: 60_000 };

function openBreaker() {
  const endpoint = {
    name: 'billing',
    url: 'http://wrong.test',
    breaker: BREAKER,
    timeoutMs: 1_000,
  } as EndpointConfig;
  const endpoints = new Map([['billing', endpoint]]);
  const reports: BreakerReport[] = [];
  const breakers = createBreakers({
    config: { endpoints } as unknown as Config,
    log: createLog('silent'),
    metrics: new Metrics(),
    reportBreaker: async (_name, { report }) => void reports.push(report),
  });
  const permit = breakers.of(endpoint).request('evt_1');
  if (!('release' in permit)) throw new Error('the breaker has refused');
  permit.release({ is: 'failed', error: 'connection_refused' });
  return { endpoint, endpoints, reports, breakers };
}

it('an endpoint that is mended in the config gets a closed breaker, which is reported in place of the open one', async () => {
  const { endpoint, endpoints, reports, breakers } = openBreaker();
  await waitFor(() => reports.at(-1)?.state === 'open');
  const mended = { ...endpoint, url: 'http://right.test' };
  endpoints.set('billing', mended);
  expect('release' in breakers.of(mended).request('evt_1')).toBe(true);
  await waitFor(() => reports.at(-1)?.state === 'closed');
});

it('an endpoint whose settings are the same keeps its breaker', () => {
  const { endpoint, breakers } = openBreaker();
  expect('release' in breakers.of({ ...endpoint }).request('evt_2')).toBe(false);
});
