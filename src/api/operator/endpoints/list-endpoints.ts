// GET /endpoints: the endpoints of the config, and whether they are down.
import { z } from 'zod';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { endpointView, toEndpointView } from './endpoint-view.ts';

const endpointListView = z.object({ items: z.array(endpointView) });

export const listEndpointsRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/endpoints',
  summary: 'The endpoints, and whether they are down',
  answers: { 200: { description: 'All endpoints of the config', view: endpointListView } },
  errors: [],
  async handle({ temporal, config }) {
    const endpoints = [...config.endpoints.values()];
    const items = await Promise.all(endpoints.map((endpoint) => toEndpointView(temporal, endpoint)));
    return reply(200, { items });
  },
});
