// The public API as an OpenAPI 3.1 document, its errors taken from the one error table.
import { ERRORS, type ErrorCode } from './errors.ts';

const INGRESS_ERRORS: ErrorCode[] = [
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
  'not_queued',
];

const problem = { schema: { $ref: '#/components/schemas/Problem' } };
const receipt = { schema: { $ref: '#/components/schemas/Receipt' } };

function errorResponses(codes: ErrorCode[]) {
  const statuses = [...new Set(codes.map((code) => ERRORS[code][0]))].sort();
  const describe = (status: number) =>
    codes
      .filter((code) => ERRORS[code][0] === status)
      .map((code) => `\`${code}\`: ${ERRORS[code][1]}`)
      .join('; ');
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: describe(status), content: { 'application/problem+json': problem } },
    ]),
  );
}

const text = { type: 'string' };

export const openapi = {
  openapi: '3.1.0',
  info: { title: 'Surehook', version: '1', description: 'Receives webhooks: durably, each once.' },
  paths: {
    '/webhooks/{source}': {
      post: {
        summary: 'Receive one webhook of a source',
        description:
          'Signed as the scheme of the source asks. A 2xx is sent only once Temporal has the event.',
        parameters: [{ name: 'source', in: 'path', required: true, schema: text }],
        requestBody: { required: true, content: { 'application/json': { schema: {} } } },
        responses: {
          202: { description: 'A new event, durably queued', content: { 'application/json': receipt } },
          200: { description: 'The event was known already', content: { 'application/json': receipt } },
          ...errorResponses(INGRESS_ERRORS),
        },
      },
    },
    '/healthz': { get: { summary: 'The process lives', responses: { 200: { description: 'It does' } } } },
    '/readyz': {
      get: {
        summary: 'Temporal answers, and the worker polls where this process has one',
        responses: { 200: { description: 'Ready' }, 503: { description: 'Not ready; `reason` says why' } },
      },
    },
  },
  components: {
    schemas: {
      Receipt: {
        type: 'object',
        required: ['status', 'event_id', 'source', 'workflow_id'],
        properties: {
          status: { enum: ['accepted', 'duplicate'] },
          event_id: text,
          source: text,
          workflow_id: text,
        },
      },
      Problem: {
        type: 'object',
        description: 'RFC 9457',
        required: ['type', 'title', 'status', 'detail', 'code'],
        properties: {
          type: text,
          title: text,
          status: { type: 'integer' },
          detail: text,
          code: { enum: Object.keys(ERRORS) },
          errors: {
            type: 'array',
            description: 'With `invalid_payload`',
            items: { type: 'object', properties: { path: text, message: text } },
          },
        },
      },
    },
  },
};
