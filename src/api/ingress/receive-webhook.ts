// POST /webhooks/:source: each check of the contract's table in its order, then a durable start, then the answer.
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { formatOf } from '../../bodies/body-format.ts';
import type { Config, SourceConfig } from '../../config/config.ts';
import type { EventMeta } from '../../contracts/event.ts';
import { planSteps } from '../../events/plan-steps.ts';
import type { TraceHeaders } from '../../observability/tracing.ts';
import { type VerifyFailure, verifySignature } from '../../signatures/index.ts';
import { type CheckPayload, checkSchema } from '../http/check-schema.ts';
import { clientOf, isAddressIn } from '../http/client-address.ts';
import { HttpError } from '../http/errors.ts';
import { readBody } from '../http/read-body.ts';
import type { BodyAdmission } from './body-budget.ts';
import type { FieldReader } from './field-reader.ts';
import type { IngressLimits } from './limits.ts';
import type { StartEvent } from './start-event.ts';

export interface ReceiveWebhookDeps {
  config: Config;
  startEvent: StartEvent;
  checkPayload: CheckPayload;
  fields: FieldReader;
  limits: Pick<IngressLimits, 'bodies' | 'leastBytesPerSecond'>;
  trustedProxies: readonly string[];
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
    const admission = admitBody(deps, source, request);
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
  { config, startEvent, checkPayload, fields, limits, log }: ReceiveWebhookDeps,
  { source, request, response, trace, admission, onStart }: AdmittedRequest,
): Promise<Received> {
  const onHeld = (bytes: number) => {
    if (!admission.add(bytes)) throw tooManyBodies();
  };
  const { leastBytesPerSecond } = limits;
  const sent = await readBody(request, response, source.maxBodyBytes, { onHeld, leastBytesPerSecond });
  checkSignature(source, request, sent);
  const { eventId, eventType, bodyKind, rawBody } = await fields.read({
    source,
    headers: request.headers,
    rawBody: sent,
  });
  const event: EventMeta = {
    source: source.name,
    event_id: eventId,
    event_type: eventType,
    received_at: new Date().toISOString(),
    headers: storedHeaders(source, request),
    ...trace,
    ...(bodyKind === undefined ? {} : { body_kind: bodyKind }),
  };
  await checkSchema(checkPayload, source, rawBody, formatOf(event));
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

function admitBody(
  deps: ReceiveWebhookDeps,
  { name, maxBodyBytes }: SourceConfig,
  request: Request,
): BodyAdmission {
  const length = request.headers['content-length'];
  const announced = length === undefined ? undefined : Number(length);
  const admission = deps.limits.bodies.enter({
    source: name,
    client: clientOf(request, deps.trustedProxies),
    announcedBytes: Number(announced) > maxBodyBytes ? 0 : announced, // one over the limit is refused unread
  });
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
  if (!isAddressIn(ipAllowList, address))
    throw new HttpError('ip_not_allowed', `the address ${address} is not on the allow list of the source`);
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
