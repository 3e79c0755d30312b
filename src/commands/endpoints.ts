// `surehook endpoints`: lists the endpoints and their breakers through the operator API.
import type { ViewOf } from '../api/http/route.ts';
import type { listEndpointsRoute } from '../api/operator/endpoints/list-endpoints.ts';
import type { OperatorClient } from './operator-client.ts';
import { table } from './text.ts';

export async function endpointsList(client: OperatorClient, { json }: { json?: boolean }): Promise<string> {
  const page = await client.get<ViewOf<typeof listEndpointsRoute>>('/endpoints');
  if (json) return JSON.stringify(page, null, 2);
  if (page.items.length === 0) return 'The config has no endpoints.';
  const rows = page.items.map(({ name, url, breaker }) => {
    const { state, since, failures, last_error, next_probe_at, held } = breaker;
    const isDown = since !== null;
    const facts = isDown
      ? [since, `${failures}`, last_error ?? '', next_probe_at ?? '', `${held}`]
      : Array(5).fill('');
    return [name, state, ...facts, url];
  });
  const head = ['ENDPOINT', 'BREAKER', 'SINCE', 'FAILURES', 'LAST ERROR', 'NEXT PROBE', 'HELD', 'URL'];
  return table(head, rows);
}
