// Every route of the public listener, and its OpenAPI document.
import type { Request, Response } from 'express';
import { z } from 'zod';
import { HEALTH_ROUTES } from '../http/base-app.ts';
import { LISTENER_ERRORS } from '../http/errors.ts';
import { toOpenApi } from '../http/openapi.ts';
import { route, SENT } from '../http/route.ts';

export interface PublicRouteDeps {
  receive(request: Request, response: Response): Promise<void>;
}

const receiptView = z
  .object({
    status: z.enum(['accepted', 'duplicate']),
    event_id: z.string(),
    source: z.string(),
    workflow_id: z.string(),
  })
  .meta({ id: 'Receipt', description: 'The event is stored' });

const receiveWebhookRoute = route<PublicRouteDeps>()({
  method: 'post',
  path: '/webhooks/{source}',
  summary: 'Receive one webhook of a source',
  description:
    'The request is signed as the scheme of the source asks. A 2xx is sent only once Temporal has stored the event.',
  params: z.object({ source: z.string().describe('a source of the config') }),
  rawRequestBody: {
    description: 'JSON, exactly as the sender has signed it',
    contentTypes: ['application/json'],
  },
  answers: {
    202: { description: 'The event is new, and is stored', view: receiptView },
    200: { description: 'The event was known already', view: receiptView },
  },
  errors: [
    'unknown_source',
    'method_not_allowed',
    'ip_not_allowed',
    'payload_too_large',
    'signature_missing',
    'signature_invalid',
    'timestamp_out_of_tolerance',
    'invalid_json',
    'event_id_missing',
    'event_id_invalid',
    'invalid_payload',
    'payload_unchecked',
    'not_queued',
  ],
  everyMethod: true, // an unknown source is 404 whatever the method is
  async handle({ receive }, { request, response }) {
    await receive(request, response);
    return SENT;
  },
});

export const PUBLIC_ROUTES = [receiveWebhookRoute] as const;

/** Of every route here, since strangers reach them. */
const PUBLIC_ERRORS = [...LISTENER_ERRORS, 'too_many_requests'] as const;

export const PUBLIC_DOCUMENT = toOpenApi({
  title: 'Surehook ingress',
  version: '1',
  description: 'Receives webhooks: each is stored before it is answered, and handled once.',
  groups: [
    { routes: PUBLIC_ROUTES, errors: PUBLIC_ERRORS },
    { routes: HEALTH_ROUTES, errors: PUBLIC_ERRORS },
  ],
});
