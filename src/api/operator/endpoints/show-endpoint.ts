// GET /endpoints/{name}: one endpoint, and whether it is down.
import { z } from 'zod';
import { HttpError } from '../../http/errors.ts';
import { reply, route } from '../../http/route.ts';
import type { OperatorDeps } from '../deps.ts';
import { endpointView, toEndpointView } from './endpoint-view.ts';

export const showEndpointRoute = route<OperatorDeps>()({
  method: 'get',
  path: '/endpoints/{name}',
  summary: 'One endpoint, and whether it is down',
  params: z.object({ name: z.string().describe('the name of the endpoint') }),
  answers: { 200: { description: 'The endpoint', view: endpointView } },
  errors: ['endpoint_not_found'],
  async handle({ temporal, config }, { params }) {
    const endpoint = config.endpoints.get(params.name);
    if (endpoint) return reply(200, await toEndpointView(temporal, endpoint));
    const known = [...config.endpoints.keys()].join(', ') || 'none';
    throw new HttpError('endpoint_not_found', `the config has no such endpoint; it has: ${known}`);
  },
});
