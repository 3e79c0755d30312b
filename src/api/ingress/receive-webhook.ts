// POST /webhooks/:source: each check of the contract's table in its order, then a durable start, then the answer.
import type { Request, Response } from 'express';
import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import type { Config, SourceConfig } from '../../config/config.ts';
import type { EventMeta } from '../../contracts/event.ts';
import { planSteps } from '../../events/plan-steps.ts';
import type { TraceHeaders } from '../../observability/tracing.ts';
import { type VerifyFailure, verifySignature } from '../../signatures/index.ts';
import { type CheckPayload, checkSchema } from '../http/check-schema.ts';
import { HttpError } from '../http/errors.ts';
import { parseJson } from '../http/parse-json.ts';
import { readBody } from '../http/read-body.ts';
import type { BodyAdmission, BodyBudget } from './body-budget.ts';
import { findEventId, findEventType } from './event-fields.ts';
import type { IngressLimits } from './limits.ts';
import type { StartEvent } from './start-event.ts';

export interface ReceiveWebhookDeps {
  config: Config;
  startEvent: StartEvent;
  checkPayload: CheckPayload;
  limits: Pick<IngressLimits, 'bodies'>;
  log: Logger;
}

/** What was answered, for metrics and traces. */
export interface Received {
  outcome: 'accepted' | 'duplicate';
  statusCode: number;
  eventId: string;
}

/** @param trace is stored with the event, and goes on with its deliveries */
export type ReceiveWebhook = (
  request: Request<{ source: string }>,
  response: Response,
  trace: TraceHeaders,
) => Promise<Received>;

export function createReceiveWebhook(deps: ReceiveWebhookDeps): ReceiveWebhook {
  return async function receiveWebhook(request, response, trace) {
    const source = deps.config.sources.get(request.params.source);
    if (source === undefined) {
      throw new HttpError('unknown_source', 'there is no source of this name in the config');
    }
    checkMethod(request);
    checkAddress(source, request.ip);
    const admission = admitBody(deps.limits.bodies, source, request);
    let inUse: Promise<unknown> = Promise.resolve();
    const onStart = (started: Promise<unknown>) => {
      inUse = started;
    };
    try {
      return await receive(deps, { source, request, response, trace, admission, onStart });
    } finally {
      inUse.finally(admission.leave).catch(() => undefined);
    }
  };
}

interface AdmittedRequest {
  source: SourceConfig;
  request: Request;
  response: Response;
  trace: TraceHeaders;
  admission: BodyAdmission;
  /** Is given the start, which may hold the body for longer than the request lasts. */
  onStart: (started: Promise<unknown>) => void;
}

async function receive(
  { config, startEvent, checkPayload, log }: ReceiveWebhookDeps,
  { source, request, response, trace, admission, onStart }: AdmittedRequest,
): Promise<Received> {
  const rawBody = await readBody(request, response, source.maxBodyBytes, (bytes) => {
    if (!admission.add(bytes)) throw tooManyBodies();
  });
  checkSignature(source, request, rawBody);
  const payload = parseJson(rawBody);
  const event = toEventMeta(source, request, payload, trace);
  await checkSchema(checkPayload, source, rawBody);
  const steps = planSteps(source, event.event_type, config);
  const { status, workflowId } = await startEvent({ event, steps, rawBody, source, onStart });
  const { event_id, event_type } = event;
  log.info(
    { source: source.name, event_id, event_type, workflow_id: workflowId, status },
    'webhook received',
  );
  const statusCode = status === 'accepted' ? 202 : 200;
  response.status(statusCode).json({ status, event_id, source: source.name, workflow_id: workflowId });
  return { outcome: status, statusCode, eventId: event_id };
}

/** @throws HttpError `event_id_missing` or `event_id_invalid` */
function toEventMeta(
  source: SourceConfig,
  request: Request,
  payload: unknown,
  trace: TraceHeaders,
): EventMeta {
  return {
    source: source.name,
    event_id: findEventId(source, request.headers, payload),
    event_type: findEventType(source, request.headers, payload),
    received_at: new Date().toISOString(),
    headers: storedHeaders(source, request),
    ...trace,
  };
}

/** A body that does not tell its size may be as large as any. */
function admitBody(budget: BodyBudget, { maxBodyBytes }: SourceConfig, request: Request): BodyAdmission {
  const announced = Number(request.headers['content-length'] ?? maxBodyBytes);
  const admission = budget.enter(announced > maxBodyBytes ? 0 : announced); // one over the limit is refused unread
  if (admission) return admission;
  throw tooManyBodies();
}

function tooManyBodies(): HttpError {
  const detail = 'too many bodies are on their way; send it again later';
  return new HttpError('not_queued', detail, { headers: { 'retry-after': '5' }, bodyUnread: true });
}

function checkMethod({ method }: Request): void {
  if (method === 'POST') return;
  throw new HttpError('method_not_allowed', 'webhooks are sent with POST', { headers: { allow: 'POST' } });
}

function checkAddress({ ipAllowList }: SourceConfig, address = ''): void {
  if (ipAllowList === undefined) return;
  const client = ipaddr.isValid(address) ? ipaddr.process(address) : undefined; // ::ffff:1.2.3.4 is 1.2.3.4
  const allowed = client && ipAllowList.some((range) => isWithin(client, range));
  if (!allowed)
    throw new HttpError('ip_not_allowed', `the address ${address} is not on the allow list of the source`);
}

function isWithin(client: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  const [network, bits] = ipaddr.isValidCIDR(range)
    ? ipaddr.parseCIDR(range)
    : [ipaddr.process(range), undefined];
  if (network.kind() !== client.kind()) return false;
  return client.match(network as ipaddr.IPv6, bits ?? (network.kind() === 'ipv4' ? 32 : 128));
}

const SIGNATURE_FAULTS: Record<VerifyFailure, string> = {
  signature_missing: 'the request carries no signature header of this source',
  signature_invalid:
    'no signature in the header fits the raw body and a secret of this source; sign the bytes as they are sent',
  timestamp_out_of_tolerance:
    'the signed timestamp is outside the tolerance; check the clock, and sign each attempt anew',
};

function checkSignature({ verify }: SourceConfig, request: Request, rawBody: Buffer): void {
  const secrets = verify.secrets.map((secret) => secret.reveal());
  const result = verifySignature({ ...verify, secrets, headers: request.headers, rawBody });
  if (!result.ok) throw new HttpError(result.code, SIGNATURE_FAULTS[result.code]);
}

/** Credentials stay out of the history; a header that came several times is joined. */
function storedHeaders({ credentialHeaders }: SourceConfig, { headers }: Request): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !credentialHeaders.has(name),
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}
