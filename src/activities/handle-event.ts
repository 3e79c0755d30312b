import type { Logger } from 'pino';
import { type Config, forType } from '../config/config.ts';
import type { Handler, HandlerLogger, WebhookEvent } from '../config/define-config.ts';
import type { ActivityInput, EventMeta, LoadBody, StepOutcome } from '../contracts/event.ts';
import { isPermanentError } from '../contracts/failures.ts';
import { workflowIdOf } from '../contracts/ids.ts';
import { RESULT_MAX_BYTES } from '../contracts/limits.ts';
import type { RawBody, StoredBody } from '../payloads/raw-body.ts';
import type { AttemptResult } from './attempts/attempt-result.ts';
import { logFields } from './attempts/log-fields.ts';
import { type AttemptObserver, observeAttempt } from './attempts/observe-attempt.ts';
import { runAttempt } from './attempts/run-attempt.ts';
import { toAttemptLimit } from './attempts/within.ts';

const MESSAGE_MAX_LENGTH = 2_000;
const STACK_MAX_LENGTH = 4_000;

export interface HandleEventDeps {
  config: Config;
  log: Logger;
  loadBody: LoadBody;
  observer: AttemptObserver;
}

export function createHandleEvent({ config, log, loadBody, observer }: HandleEventDeps) {
  return async function handleEvent(input: ActivityInput, body?: RawBody | StoredBody): Promise<StepOutcome> {
    const source = config.sources.get(input.event.source);
    const handler = source && forType(source.handlers, input.event.event_type);
    return await runAttempt({
      input,
      body,
      loadBody,
      schedule: handler && source?.retry,
      timeoutMs: toAttemptLimit(source?.timeoutMs ?? 1),
      work: async (body, attempt, signal, heartbeat) => {
        const { event, step } = input;
        const fields = logFields(event, attempt);
        if (handler === undefined) return missingHandler(event);
        const run = { handler, event: toEvent(event, body), attempt, signal, heartbeat };
        const work = () => callHandler(run, log.child(fields));
        const { result } = await observeAttempt(observer, { event, step, attempt, work });
        if (result.ok) log.info(fields, 'event handled');
        else log.warn({ ...fields, error: result.error }, 'handler failed');
        return result;
      },
    });
  };
}

interface HandlerRun {
  handler: Handler;
  event: WebhookEvent;
  attempt: number;
  signal: AbortSignal;
  heartbeat: (details?: unknown) => void;
}

async function callHandler(
  { handler, event, attempt, signal, heartbeat }: HandlerRun,
  log: Logger,
): Promise<AttemptResult> {
  const idempotencyKey = workflowIdOf(event.source, event.id);
  const context = { idempotencyKey, attempt, signal, log: toHandlerLogger(log), heartbeat };
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined); // a handler that ends first leaves nobody listening
  try {
    const returned = await Promise.race([Promise.resolve(handler(event, context)), aborted]);
    return toResult(returned);
  } catch (error) {
    return toFailedAttempt(error, signal);
  }
}

function toResult(returned: unknown): AttemptResult {
  const json = JSON.stringify(returned);
  if (json === undefined) return { ok: true };
  if (Buffer.byteLength(json) <= RESULT_MAX_BYTES) return { ok: true, result: JSON.parse(json) };
  const message = `the handler returned more than ${RESULT_MAX_BYTES} bytes of JSON; return a reference instead`;
  return { ok: false, permanent: true, error: 'handler:ResultTooLarge', message };
}

function toFailedAttempt(error: unknown, signal: AbortSignal): AttemptResult {
  if (signal.aborted && signal.reason === error) {
    return { ok: false, error: 'timeout', message: 'the handler did not end within its timeoutMs' };
  }
  const thrown = error instanceof Error ? error : new Error(String(error));
  const name = /^[\w.]{1,64}$/.test(thrown.name) ? thrown.name : 'Error';
  return {
    ok: false,
    permanent: isPermanentError(thrown),
    error: `handler:${name}`,
    message: thrown.message.slice(0, MESSAGE_MAX_LENGTH),
    ...(thrown.stack ? { stack: shorten(thrown.stack) } : {}),
  };
}

/** Paths from the project's folder on: where it lies on this machine is nobody's business. */
function shorten(stack: string): string {
  return stack
    .replaceAll(`file://${process.cwd()}/`, '')
    .replaceAll(`${process.cwd()}/`, '')
    .slice(0, STACK_MAX_LENGTH);
}

/** The event was accepted under another config, perhaps a newer one: a retry may find a worker that knows it. */
function missingHandler({ source, event_type }: EventMeta): AttemptResult {
  const message = `this worker's config has no handler for '${event_type}' under sources.${source}.handlers`;
  return { ok: false, error: 'handler_missing', message };
}

function toEvent(meta: EventMeta, body: RawBody): WebhookEvent {
  let payload: unknown;
  return {
    id: meta.event_id,
    type: meta.event_type,
    source: meta.source,
    headers: meta.headers,
    rawBody: body.bytes,
    receivedAt: new Date(meta.received_at),
    get payload() {
      payload ??= JSON.parse(
        Buffer.from(body.bytes)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      );
      return payload;
    },
  };
}

function toHandlerLogger(log: Logger): HandlerLogger {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}
