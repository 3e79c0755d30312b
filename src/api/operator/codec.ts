// Temporal's codec-server protocol: the Web UI has payloads decrypted here, in the browser of whoever looks.
import type { Payload, PayloadCodec } from '@temporalio/common';
import express, { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { HttpError } from '../http/errors.ts';

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];
/** A page of a history with several large payloads, in base64. */
const BODY_LIMIT = '32mb';

type Convert = (payloads: Payload[]) => Promise<Payload[]>;

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
/** JSON of `temporal.api.common.v1.Payloads`. */
const payloadsSchema = z.object({
  payloads: z
    .array(z.object({ metadata: z.record(z.string(), base64).optional(), data: base64.optional() }))
    .default([]),
});

/** @param resolve what is not in Temporal is shown all the same */
export function createCodecRouter(codec: PayloadCodec, resolve: Convert): Router {
  const convert =
    (how: Convert): RequestHandler =>
    async (request, response) => {
      const parsed = payloadsSchema.safeParse(request.body);
      if (!parsed.success)
        throw new HttpError('bad_request', 'the body is not {"payloads": […]} as of the codec protocol');
      response.json({ payloads: (await how(parsed.data.payloads)).map(toJson) });
    };
  const router = Router();
  router.use(express.json({ limit: BODY_LIMIT }));
  router.post(
    '/encode',
    convert((payloads) => codec.encode(payloads)),
  );
  router.post(
    '/decode',
    convert(async (payloads) => await codec.decode(await resolve(payloads))),
  );
  return router;
}

function toJson({ metadata, data }: Payload) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const entries = Object.entries(metadata ?? {}).map(([key, value]) => [key, text(value)]);
  return { metadata: Object.fromEntries(entries), ...(data ? { data: text(data) } : {}) };
}

/** CORS for the Web UI's origin alone; on this machine it has two names. */
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

/** Without a token, only the name keeps a page of another site, whose name was made to resolve to us, from reading. */
export const refuseOtherHosts: RequestHandler = (request, _response, next) => {
  if (LOOPBACK_NAMES.includes(request.hostname)) return next();
  throw new HttpError('unauthorized', 'without a token, the codec answers under a loopback name only');
};
