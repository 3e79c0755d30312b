// The activity that forwards an event to one endpoint: one signed POST, its answer judged.
import { Context } from '@temporalio/activity';
import type { Logger } from 'pino';
import { type Dispatcher, request } from 'undici';
import type { Config, EndpointConfig } from '../config/config.ts';
import { type ActivityInput, type EventMeta, endpointOf, type StepOutcome } from '../messages.ts';
import type { RawBody } from '../raw-body.ts';
import { signDelivery } from '../signatures/index.ts';
import type { LoadBody } from '../temporal/load-body.ts';
import type { TraceHeaders } from '../tracing.ts';
import { logFields } from './handle-event.ts';
import { networkErrorCode } from './network-error.ts';
import { observeTry, type TryObserver } from './observe-try.ts';
import { runAttempt, type TryResult } from './run-attempt.ts';

/** Enough of an answer to see what is wrong; the rest is not read. */
const RESPONSE_MAX_BYTES = 16_384;
const EXCERPT_MAX_LENGTH = 500;
const RETRY_AFTER_MAX_MS = 3_600_000;

export interface DeliverDeps {
  config: Config;
  log: Logger;
  dispatcher: Dispatcher;
  loadBody: LoadBody;
  observer: TryObserver;
}

export function createDeliver({ config, log, dispatcher, loadBody, observer }: DeliverDeps) {
  return async function deliver(input: ActivityInput, body?: RawBody): Promise<StepOutcome> {
    const name = endpointOf(input.step);
    // Looked up at each try: a URL or secret that was changed in the config is used from the next one on.
    const endpoint = config.endpoints.get(name);
    return await runAttempt({
      input,
      body,
      loadBody,
      schedule: endpoint?.retry ?? [],
      timeoutMs: endpoint?.timeoutMs ?? 1,
      work: async (body, attempt, signal) => {
        const { event, step } = input;
        const work = async (trace: TraceHeaders) =>
          endpoint ? await post({ endpoint, event, body, trace, signal, dispatcher }) : missingEndpoint(name);
        const { result, durationMs } = await observeTry(observer, { event, step, attempt, work });
        const { statusCode: status_code, error } = result;
        const duration_ms = Math.round(durationMs);
        const outcome = { ...logFields(event, attempt), endpoint: name, status_code, error, duration_ms };
        if (result.ok) log.info(outcome, 'event delivered');
        else log.warn(outcome, 'delivery failed');
        return result;
      },
    });
  };
}

interface Post {
  endpoint: EndpointConfig;
  event: EventMeta;
  body: RawBody;
  trace: TraceHeaders;
  signal: AbortSignal;
  dispatcher: Dispatcher;
}

async function post({ endpoint, event, body, trace, signal, dispatcher }: Post): Promise<TryResult> {
  try {
    const response = await request(endpoint.url, {
      method: 'POST',
      headers: { ...toHeaders(endpoint, event, body), ...trace },
      body: body.bytes,
      signal,
      dispatcher,
    });
    return judge(response, await readExcerpt(response.body));
  } catch (error) {
    const code = networkErrorCode(error, signal);
    const message =
      code === 'timeout' ? `no answer within ${endpoint.timeoutMs} ms` : (error as Error).message;
    return { ok: false, error: code, message };
  }
}

function toHeaders(endpoint: EndpointConfig, event: EventMeta, body: RawBody): Record<string, string> {
  const fixed = Object.entries(endpoint.headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : value.reveal(),
  ]);
  const workflowId = Context.current().info.workflowExecution?.workflowId ?? '';
  return {
    'user-agent': 'Surehook',
    ...Object.fromEntries(fixed),
    'content-type': event.headers['content-type'] ?? 'application/octet-stream',
    'x-webhook-source': event.source,
    'x-webhook-event-id': event.event_id,
    'x-webhook-event-type': event.event_type,
    ...signDelivery({
      secrets: endpoint.secrets.map((one) => one.reveal()),
      workflowId,
      rawBody: body.bytes,
    }),
  };
}

function judge({ statusCode, headers }: Dispatcher.ResponseData, responseExcerpt: string): TryResult {
  if (statusCode >= 200 && statusCode < 300) return { ok: true, statusCode, responseExcerpt };
  const waits = statusCode === 429 || statusCode === 503;
  const retryAfterMs = waits ? parseRetryAfter(headers['retry-after']) : undefined;
  // 410 Gone: the endpoint says that it will never want this (Standard Webhooks).
  return { ok: false, statusCode, responseExcerpt, permanent: statusCode === 410, retryAfterMs };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), in milliseconds from now, at most one hour. */
export function parseRetryAfter(value: string | string[] | undefined, now = Date.now()): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS) : undefined;
}

/** The status has come: an answer whose body breaks off or hangs is judged all the same. */
async function readExcerpt(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > RESPONSE_MAX_BYTES) break;
    }
  } catch {
    // what came is enough
  }
  // Control characters would garble a terminal.
  return Buffer.concat(chunks)
    .toString('utf8')
    .slice(0, EXCERPT_MAX_LENGTH)
    .replace(/\p{Cc}/gu, ' ');
}

/** The event was accepted under another config, perhaps a newer one: it waits as a dead letter for the endpoint. */
function missingEndpoint(name: string): TryResult {
  return { ok: false, error: 'endpoint_missing', message: `this worker's config has no endpoint '${name}'` };
}
