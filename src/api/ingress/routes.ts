// The routes of the ingress.
import type { Request, Response } from 'express';
import { z } from 'zod';
import { LISTENER_ERRORS } from '../http/errors.ts';
import { route, SENT } from '../http/route.ts';

export interface PublicRouteDeps {
  receive(request: Request, response: Response): Promise<void>;
}

const status = z.enum(['accepted', 'duplicate']);
const ids = { event_id: z.string().describe('as the sender has written it'), workflow_id: z.string() };
const receiptView = z
  .union([
    z
      .object({ status, source: z.string(), ...ids })
      .meta({ id: 'Receipt', description: 'The event is stored' }),
    z.object({ status, source: z.string(), events: z.array(z.object({ status, ...ids })) }).meta({
      id: 'BatchReceipt',
      description: 'The events of a body with several, or with none, are stored',
    }),
  ])
  .describe('Some providers want another answer: see docs/providers.md');

const receiveWebhookRoute = route<PublicRouteDeps>()({
  method: 'post',
  path: '/webhooks/{source}',
  summary: 'Receive one webhook of a source',
  description:
    'The request is signed as the scheme of the source asks. A 2xx is sent only once Temporal has stored the event, or all events of the body. Handshakes of providers are answered as their scheme has them, some by GET, HEAD or OPTIONS.',
  params: z.object({ source: z.string().describe('a source of the config') }),
  rawRequestBody: {
    description:
      'Exactly as the sender has signed it: JSON, a form, text or bytes, as the source expects it or the content type says; with `Content-Encoding` gzip, deflate or br, or none',
    contentTypes: [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/plain',
      'application/xml',
      'application/octet-stream',
    ],
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
    'invalid_body',
    'unsupported_encoding',
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
export const PUBLIC_ERRORS = [...LISTENER_ERRORS, 'too_many_requests'] as const;
