// The activity that forwards an event to one endpoint: it sends one signed POST and judges the answer.
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import { type Config, type EndpointConfig, revealHeaders } from '../../config/config.ts';
import type { ReadTarget } from '../../contracts/callback.ts';
import type { ClientUrlGuard } from '../../contracts/client-url.ts';
import type { LoadBody } from '../../contracts/event.ts';
import { type ActivityInput, type EventMeta, endpointOf, type StepOutcome } from '../../contracts/event.ts';
import { BODY_NOT_READ } from '../../contracts/failures.ts';
import { CALLBACK_STEP } from '../../contracts/task.ts';
import type { TraceHeaders } from '../../observability/tracing.ts';
import type { RawBody, StoredBody } from '../../payloads/raw-body.ts';
import { deliveryId, type SignDeliveryOptions, signDelivery } from '../../signatures/sign-delivery.ts';
import { benignFailure } from '../attempts/attempt-failures.ts';
import type { AttemptResult } from '../attempts/attempt-result.ts';
import { logAttempt } from '../attempts/log-attempt.ts';
import { logFields } from '../attempts/log-fields.ts';
import { type AttemptObserver, observeAttempt } from '../attempts/observe-attempt.ts';
import { keepLog, runAttempt } from '../attempts/run-attempt.ts';
import { toAttemptLimit } from '../attempts/within.ts';
import { httpPost } from '../http/http-post.ts';
import type { Outlets } from '../http/outlets.ts';
import type { Breakers } from './breakers.ts';
import { toClientEndpoint } from './client-endpoint.ts';
import { EndpointGate } from './endpoint-gate.ts';

export interface DeliverDeps {
  config: Config;
  log: Logger;
  outlets: Outlets;
  /** Addresses that clients have given may be those of this machine. */
  allowLoopbackUrls: boolean;
  loadBody: LoadBody;
  readTarget: ReadTarget;
  observer: AttemptObserver;
  breakers: Breakers;
}

export function createDeliver({
  config,
  log,
  outlets,
  allowLoopbackUrls,
  loadBody,
  readTarget,
  observer,
  breakers,
}: DeliverDeps) {
  const guard = { allowLoopback: allowLoopbackUrls };
  return async function deliver(input: ActivityInput, body?: RawBody | StoredBody): Promise<StepOutcome> {
    const name = endpointOf(input.step);
    // Each attempt looks up the endpoint: a URL or secret that has changed applies from the next attempt on.
    const endpoint =
      input.step === CALLBACK_STEP
        ? await targetOf(input, readTarget, config.callbacks)
        : config.endpoints.get(name);
    const gate = endpoint && new EndpointGate(endpoint, breakers.of(endpoint), input, { log, observer });
    const timeoutMs = toAttemptLimit(endpoint?.timeoutMs ?? 1);
    return await runAttempt({
      input,
      body,
      loadBody,
      ...(gate ? { gate } : {}),
      schedule: endpoint?.retry,
      timeoutMs,
      work: async (body, { attempt }, signal) => {
        const { event, step } = input;
        const work = async (trace: TraceHeaders) =>
          endpoint
            ? await post({ endpoint, event, body, trace, signal, outlets, guard })
            : missingEndpoint(name);
        const { result, durationMs } = await observeAttempt(observer, { event, step, attempt, work });
        const { statusCode: status_code, error } = result;
        const duration_ms = Math.round(durationMs);
        const fields = { ...logFields(event, attempt), endpoint: name, status_code, duration_ms };
        logAttempt(log, { what: 'delivery', ok: result.ok, fields, failure: { error } });
        gate?.judge(result);
        return result;
      },
    });
  };
}

/** A workflow that cannot be asked costs no attempt. */
async function targetOf(
  input: ActivityInput,
  readTarget: ReadTarget,
  callbacks: Config['callbacks'],
): Promise<EndpointConfig> {
  if (input.target) return toClientEndpoint(input.target, callbacks);
  const { workflowExecution } = Context.current().info;
  try {
    if (workflowExecution === undefined) throw new Error('the activity has no workflow');
    return toClientEndpoint(await readTarget(workflowExecution), callbacks);
  } catch (error) {
    keepLog(input);
    throw benignFailure(`the address of the callback could not be read: ${(error as Error).message}`, {
      type: BODY_NOT_READ,
      nextRetryDelay: READ_AGAIN_AFTER_MS,
    });
  }
}

const READ_AGAIN_AFTER_MS = 2_000;

interface Post {
  endpoint: EndpointConfig;
  event: EventMeta;
  body: RawBody;
  trace: TraceHeaders;
  signal: AbortSignal;
  outlets: Outlets;
  guard: ClientUrlGuard;
}

async function post({ endpoint, event, body, trace, signal, outlets, guard }: Post): Promise<AttemptResult> {
  const headers = { ...toHeaders(endpoint, event, body), ...trace };
  const { name, url, timeoutMs, tls } = endpoint;
  const outlet = outlets.of(`endpoint ${name}`, {
    limitMs: timeoutMs,
    tls: tls && { ...tls, key: tls.key?.reveal() },
    ...(endpoint.clientHost === undefined ? {} : { guard }),
  });
  return await httpPost({ url, headers, body: body.bytes, signal, outlet });
}

function toHeaders(endpoint: EndpointConfig, event: EventMeta, body: RawBody): Record<string, string> {
  const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
  const contentEncoding = event.body_kind && event.headers['content-encoding']; // else it was not held to be true
  return {
    'user-agent': 'Surehook',
    ...forwardedHeaders(endpoint, event),
    ...revealHeaders(endpoint.headers),
    'content-type': event.headers['content-type'] ?? 'application/octet-stream',
    ...(contentEncoding ? { 'content-encoding': contentEncoding } : {}),
    'x-webhook-source': event.source,
    'x-webhook-event-id': headerText(event.event_id),
    'x-webhook-event-type': headerText(event.event_type),
    ...signatureHeaders(endpoint, { workflowId, correction: event.correction, rawBody: body.bytes }),
  };
}

/** A header holds visible ASCII: what an id or a type has beyond that is percent-encoded, as in a URL. */
function headerText(text: string): string {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(text) ? text : text.replaceAll(/[^!-~]+/gu, encode);
}

/** A lone surrogate cannot be encoded; U+FFFD stands for it, as in every text that is sent. */
const encode = (text: string) => encodeURIComponent(text.toWellFormed());

function forwardedHeaders(
  { forwardHeaders }: EndpointConfig,
  { headers }: EventMeta,
): Record<string, string> {
  const given = forwardHeaders.filter((name) => Object.hasOwn(headers, name));
  return Object.fromEntries(given.map((name) => [name, headers[name] ?? '']));
}

/** A client of A2A that has given no token has nothing to verify with: it gets the id and the time all the same. */
function signatureHeaders(
  { secrets }: EndpointConfig,
  signed: Omit<SignDeliveryOptions, 'secrets'>,
): Record<string, string> {
  if (secrets.length > 0)
    return signDelivery({ ...signed, secrets: secrets.map((secret) => secret.reveal()) });
  return {
    'webhook-id': deliveryId(signed.workflowId, signed.correction),
    'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
  };
}

/** The event was accepted under another config, perhaps a newer one: another worker may know the endpoint. */
function missingEndpoint(name: string): AttemptResult {
  return { ok: false, error: 'endpoint_missing', message: `this worker's config has no endpoint '${name}'` };
}
