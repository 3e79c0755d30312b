// POST /webhooks/:source: each check of the contract's table in its order, then a durable start of each event, then the answer.
import type { IncomingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { formatOf } from '../../bodies/body-format.ts';
import type { Config, SourceConfig } from '../../config/config.ts';
import type { EventMeta } from '../../contracts/event.ts';
import { planSteps } from '../../events/plan-steps.ts';
import type { TraceHeaders } from '../../observability/tracing.ts';
import { type CheckPayload, checkSchema } from '../http/check-schema.ts';
import { clientOf, isAddressIn } from '../http/client-address.ts';
import { HttpError } from '../http/errors.ts';
import { readBody } from '../http/read-body.ts';
import { singleHeaders } from '../http/single-headers.ts';
import type { BodyAdmission } from './body-budget.ts';
import type { CompareDuplicate } from './compare-duplicate.ts';
import type { FieldReader, ReadEvent } from './field-reader.ts';
import type { IngressLimits } from './limits.ts';
import { type Receipt, type Received, sendHandshake, sendReceipts } from './send-receipt.ts';
import type { StartEvent } from './start-event.ts';
import {
  answerHandshake,
  confirmSubscription,
  methodsOf,
  type VerifyDeps,
  verifyRequest,
} from './verify-request.ts';

export interface ReceiveWebhookDeps extends VerifyDeps {
  config: Config;
  startEvent: StartEvent;
  compareDuplicate: CompareDuplicate;
  checkPayload: CheckPayload;
  fields: FieldReader;
  limits: Pick<IngressLimits, 'bodies' | 'rates' | 'leastBytesPerSecond'>;
  trustedProxies: readonly string[];
  log: Logger;
}

/** @param trace is stored with the event, and goes on with its deliveries */
export type ReceiveWebhook = (
  request: Request<{ source: string }>,
  response: Response,
  trace: TraceHeaders,
) => Promise<Received>;

export function createReceiveWebhook(deps: ReceiveWebhookDeps): ReceiveWebhook {
  return async function receiveWebhook(request, response, trace) {
    const { rates } = deps.limits;
    rates.enterClient(clientOf(request, deps.trustedProxies), response);
    const source = deps.config.sources.get(request.params.source);
    if (source === undefined) {
      throw new HttpError('unknown_source', 'there is no source of this name in the config');
    }
    if (!methodsOf(source).includes(request.method)) throw notAllowed(source, 'webhooks are sent with POST');
    checkAddress(source, request.ip);
    rates.enterSource(source, response); // last, so that who may not send here uses up nothing of the source's rate
    if (request.method !== 'POST') return answerOther(deps, source, request, response);
    const admission = admitBody(deps, source, request);
    const started: Promise<unknown>[] = [];
    const onStart = (start: Promise<unknown>) => void started.push(start);
    try {
      return await receive(deps, { source, request, response, trace, admission, onStart });
    } finally {
      void Promise.allSettled(started).then(admission.leave);
    }
  };
}

interface AdmittedRequest {
  source: SourceConfig;
  request: Request;
  response: Response;
  trace: TraceHeaders;
  admission: BodyAdmission;
  /** Is given each start, which may hold the body for longer than the request lasts. */
  onStart: (started: Promise<unknown>) => void;
}

interface VerifiedRequest extends AdmittedRequest {
  headers: IncomingHttpHeaders;
}

async function receive(deps: ReceiveWebhookDeps, admitted: AdmittedRequest): Promise<Received> {
  const { source, request, response, admission } = admitted;
  const onHeld = (bytes: number) => {
    if (!admission.add(bytes)) throw tooManyBodies();
  };
  const { leastBytesPerSecond } = deps.limits;
  const sent = await readBody(request, response, source.maxBodyBytes, { onHeld, leastBytesPerSecond });
  const headers = singleHeaders(request);
  const asked = { source, request, headers, rawBody: sent };
  const open = answerHandshake('open', asked, deps.publicUrl());
  if (open) return sendHandshake(response, open);
  await verifyRequest(deps, asked);
  const challenge =
    answerHandshake('signed', asked, deps.publicUrl()) ?? (await confirmSubscription(deps, source, sent));
  if (challenge) return sendHandshake(response, challenge);
  const read = await deps.fields.read({ source, headers, rawBody: sent });
  // Nothing is started before all of them are known to be right: a sender is told of no half of its request.
  for (const { rawBody, bodyKind } of read)
    await checkSchema(deps.checkPayload, source, rawBody, formatOf(described(source, headers, bodyKind)));
  const receipts = await startAll(deps, { ...admitted, headers }, read);
  return sendReceipts(response, source, receipts);
}

/** Events of one body that are started at once: enough to keep Temporal busy, and few beside other requests. */
const STARTS_AT_ONCE = 20;

/** Before providers give up waiting. What is stored by then is known when the batch comes again, and costs little. */
const BATCH_WITHIN_MS = 12_000;

function batchTooLate(stored: number, all: number): HttpError {
  const detail = `${stored} of the ${all} events of the body were taken in ${BATCH_WITHIN_MS / 1_000} s; send it again: they are duplicates then, and the rest is taken`;
  return new HttpError('not_queued', detail, { headers: { 'retry-after': '5' } });
}

/** @throws HttpError of the first that could not be started, once none is under way any more */
async function startAll(
  deps: ReceiveWebhookDeps,
  admitted: VerifiedRequest,
  events: ReadEvent[],
): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  let failure: unknown;
  let next = 0;
  const deadline = Date.now() + BATCH_WITHIN_MS;
  const lane = async () => {
    for (let n = next++; n < events.length && failure === undefined; n = next++) {
      try {
        if (Date.now() > deadline) throw batchTooLate(n, events.length);
        receipts[n] = await startOne(deps, admitted, events[n] as ReadEvent);
      } catch (error) {
        failure = error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(STARTS_AT_ONCE, events.length) }, lane));
  if (failure !== undefined) throw failure;
  return receipts;
}

async function startOne(
  { config, startEvent, compareDuplicate, log }: ReceiveWebhookDeps,
  { source, headers, trace, onStart }: VerifiedRequest,
  { eventId: event_id, eventType: event_type, bodyKind, rawBody }: ReadEvent,
): Promise<Receipt> {
  const event: EventMeta = {
    source: source.name,
    event_id,
    event_type,
    received_at: new Date().toISOString(),
    ...described(source, headers, bodyKind),
    ...trace,
  };
  const steps = planSteps(source, event_type, config);
  const { status, workflowId } = await startEvent({ event, steps, rawBody, source, onStart });
  log.info(
    { source: source.name, event_id, event_type, workflow_id: workflowId, status },
    'webhook received',
  );
  if (status === 'duplicate') void compareDuplicate(event, rawBody);
  return { status, event_id, workflow_id: workflowId };
}

/** A request that is no POST is a handshake, or nothing that a source takes. */
function answerOther(
  { publicUrl }: ReceiveWebhookDeps,
  source: SourceConfig,
  request: Request,
  response: Response,
): Received {
  const asked = { source, request, headers: singleHeaders(request), rawBody: Buffer.alloc(0) };
  const answer = answerHandshake('open', asked, publicUrl());
  if (answer) return sendHandshake(response, answer);
  throw notAllowed(
    source,
    `the method ${request.method} is only for the handshake of the scheme ${source.verify.scheme}, and this one is none; webhooks are sent with POST`,
  );
}

function notAllowed(source: SourceConfig, detail: string): HttpError {
  return new HttpError('method_not_allowed', detail, { headers: { allow: methodsOf(source).join(', ') } });
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

function checkAddress({ ipAllowList }: SourceConfig, address = ''): void {
  if (ipAllowList === undefined) return;
  if (!isAddressIn(ipAllowList, address))
    throw new HttpError('ip_not_allowed', `the address ${address} is not on the allow list of the source`);
}

/** What is stored of an event beside its body. */
function described(source: SourceConfig, headers: IncomingHttpHeaders, bodyKind: ReadEvent['bodyKind']) {
  const stored = storedHeaders(source, headers);
  return { headers: stored, ...(bodyKind === undefined ? {} : { body_kind: bodyKind }) };
}

/** Credentials stay out of the history; a header that came several times is joined. */
function storedHeaders(
  { credentialHeaders }: SourceConfig,
  headers: IncomingHttpHeaders,
): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !credentialHeaders.has(name),
  );
  return Object.fromEntries(
    kept.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}
