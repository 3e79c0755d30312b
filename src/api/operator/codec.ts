// Temporal's codec-server protocol: a browser that shows the Web UI has payloads decrypted here.
import type { Payload } from '@temporalio/common';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { STORED_MAX_BYTES } from '../../contracts/limits.ts';
import { DecodedTooLargeError } from '../../payloads/encryption-codec.ts';
import { HttpError } from '../http/errors.ts';
import { reply, route } from '../http/route.ts';
import type { CodecDeps } from './deps.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];
/** Room for a page of a history with several large payloads, in base64. */
const BODY_MAX_BYTES = 32 * 1_024 * 1_024;

/** One request becomes that many bytes in clear, in all: two of the largest bodies. Base64 and JSON hold them thrice more. */
const DECODED_MAX_BYTES = 2 * STORED_MAX_BYTES;
/** A payload of a few bytes costs some hundred bytes of memory; a page of a history has up to a thousand events. */
const PAYLOADS_MAX = 10_000;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const NOT_THE_PROTOCOL = 'the body is not {"payloads": […]}, as the codec protocol asks';
/** JSON of `temporal.api.common.v1.Payloads`. */
const payloadsSchema = z.object(
  {
    payloads: z
      .array(
        z.object(
          { metadata: z.record(z.string(), base64, NOT_THE_PROTOCOL).optional(), data: base64.optional() },
          NOT_THE_PROTOCOL,
        ),
        NOT_THE_PROTOCOL,
      )
      .max(PAYLOADS_MAX)
      .default([]),
  },
  NOT_THE_PROTOCOL,
);
const payloadView = z.object({
  metadata: z.record(z.string(), z.string()).describe('in base64'),
  data: z.string().optional().describe('in base64'),
});

const answers = {
  200: { description: 'The payloads', view: z.object({ payloads: z.array(payloadView) }) },
} as const;
const errors = ['invalid_json', 'payload_too_large', 'payload_unreadable'] as const;
const body = { schema: payloadsSchema, limit: BODY_MAX_BYTES };

export const encodeRoute = route<CodecDeps>()({
  method: 'post',
  path: '/codec/encode',
  summary: "Encrypt payloads: Temporal's codec-server protocol",
  description: 'The protocol does not name a workflow, so no workflow accepts the payloads.',
  body,
  answers,
  errors,
  handle: async ({ temporal: { codec } }, { body: { payloads } }) =>
    reply(200, { payloads: (await codec.encode(payloads)).map(toJson) }),
});

export const decodeRoute = route<CodecDeps>()({
  method: 'post',
  path: '/codec/decode',
  summary: "Decrypt payloads: Temporal's codec-server protocol",
  description: 'A body that is not in Temporal is read from the storage.',
  body,
  answers,
  errors: [...errors, 'storage_unavailable'],
  async handle({ temporal }, { body: { payloads } }) {
    return reply(200, { payloads: (await decodeOneByOne(temporal, payloads)).map(toJson) });
  },
});

/** @throws HttpError `payload_too_large` */
async function decodeOneByOne({ codec, resolve }: CodecDeps['temporal'], payloads: Payload[]) {
  const load = async (payload: Payload) => (await resolve([payload]))[0] ?? payload;
  try {
    return await codec.revealWithin(DECODED_MAX_BYTES, payloads, load);
  } catch (error) {
    if (!(error instanceof DecodedTooLargeError)) throw error;
    const detail = `the payloads are over the limit of ${DECODED_MAX_BYTES} bytes in clear; ask for fewer at once`;
    throw new HttpError('payload_too_large', detail);
  }
}

function toJson({ metadata, data }: Payload) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, text(value)]);
  return { metadata: Object.fromEntries(entries), ...(data ? { data: text(data) } : {}) };
}

/** CORS for the Web UI's origin alone. A Web UI on this machine may be opened under any loopback name. */
export function allowWebUi(webUiUrl: string): RequestHandler {
  const url = new URL(webUiUrl);
  const allowed = LOOPBACK_NAMES.includes(url.hostname)
    ? LOOPBACK_NAMES.map((name) => Object.assign(new URL(url), { hostname: name }).origin)
    : [url.origin];
  return (request, response, next) => {
    response.vary('Origin');
    const { origin = '' } = request.headers;
    if (!allowed.includes(origin)) return next();
    response.set({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization, content-type, x-namespace',
      'access-control-allow-methods': 'POST',
    });
    if (request.method === 'OPTIONS') return void response.status(204).end();
    next();
  };
}

/** Only this check, without a token, keeps out a page of another site whose host name was made to resolve to us. */
export const refuseOtherHosts: RequestHandler = (request, _response, next) => {
  if (LOOPBACK_NAMES.includes(request.hostname)) return next();
  throw new HttpError('unauthorized', 'without a token, the codec answers under a loopback name only');
};
