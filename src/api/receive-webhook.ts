// POST /webhooks/:source: each check of the contract's table in its order, then a durable start, then the answer.
import type { Request, Response } from 'express';
import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import { type Config, forType, type SourceConfig } from '../config/config.ts';
import { toRetryPolicy } from '../config/retry-schedule.ts';
import type { EventMeta, StepPlan } from '../messages.ts';
import { type VerifyFailure, verifySignature } from '../signatures/index.ts';
import type { TraceHeaders } from '../tracing.ts';
import { HttpError } from './errors.ts';
import { findEventId, findEventType, parseJson } from './event-fields.ts';
import { readBody } from './read-body.ts';
import type { StartEvent } from './start-event.ts';

export interface ReceiveWebhookDeps {
  config: Config;
  startEvent: StartEvent;
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

export function createReceiveWebhook({ config, startEvent, log }: ReceiveWebhookDeps): ReceiveWebhook {
  return async function receiveWebhook(request, response, trace) {
    const source = config.sources.get(request.params.source);
    if (source === undefined) {
      throw new HttpError('unknown_source', 'there is no source of this name in the config');
    }
    checkMethod(request);
    checkAddress(source, request.ip);
    const rawBody = await readBody(request, response, source.maxBodyBytes);
    checkSignature(source, request, rawBody);
    const payload = parseJson(rawBody);
    const event_id = findEventId(source, request.headers, payload);
    const event_type = findEventType(source, request.headers, payload);
    await checkSchema(source, payload);

    const headers = storedHeaders(source, request);
    const event: EventMeta = {
      source: source.name,
      event_id,
      event_type,
      received_at: new Date().toISOString(),
      headers,
      ...trace,
    };
    const { status, workflowId } = await startEvent({
      event,
      steps: planSteps(source, event_type, config),
      rawBody,
      source,
    });
    log.info(
      { source: source.name, event_id, event_type, workflow_id: workflowId, status },
      'webhook received',
    );
    const statusCode = status === 'accepted' ? 202 : 200;
    response.status(statusCode).json({ status, event_id, source: source.name, workflow_id: workflowId });
    return { outcome: status, statusCode, eventId: event_id };
  };
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
    'the signed timestamp is outside the tolerance; check the clock, and sign each try anew',
};

function checkSignature({ verify }: SourceConfig, request: Request, rawBody: Buffer): void {
  const secrets = verify.secrets.map((secret) => secret.reveal());
  const result = verifySignature({ ...verify, secrets, headers: request.headers, rawBody });
  if (!result.ok) throw new HttpError(result.code, SIGNATURE_FAULTS[result.code]);
}

/** An array of a thousand bad items is told of by its first ones. */
const ISSUES_MAX = 20;

async function checkSchema({ schema }: SourceConfig, payload: unknown): Promise<void> {
  const result = await schema?.safeParseAsync(payload);
  if (result === undefined || result.success) return;
  const errors = result.error.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }));
  throw new HttpError('invalid_payload', `${errors[0]?.path || 'the body'}: ${errors[0]?.message}`, {
    members: { errors },
  });
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

function planSteps(source: SourceConfig, eventType: string, { endpoints }: Config): StepPlan[] {
  const steps: StepPlan[] = [];
  if (forType(source.handlers, eventType)) {
    steps.push({ step: 'handler', timeout_ms: source.timeoutMs, retry: toRetryPolicy(source.retry) });
  }
  for (const name of new Set(forType(source.forwardTo, eventType))) {
    const endpoint = endpoints.get(name);
    if (endpoint === undefined) continue; // the schema holds that it exists
    steps.push({
      step: `deliver:${name}`,
      timeout_ms: endpoint.timeoutMs,
      retry: toRetryPolicy(endpoint.retry),
    });
  }
  return steps;
}
