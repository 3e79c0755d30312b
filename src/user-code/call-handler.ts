// Calls one handler, and says what it came to.
import type { Logger } from 'pino';
import { type BodyFormat, formatOf } from '../bodies/body-format.ts';
import { decodeBody, parseBody, parseBodyNow } from '../bodies/parse-body.ts';
import type { Handler, HandlerContext, WebhookEvent } from '../config/define-config.ts';
import type { HandlerLogger } from '../config/handler-logger.ts';
import { RESULT_MAX_BYTES } from '../contracts/limits.ts';
import { findScheme, type SchemeName, schemePayload } from '../signatures/index.ts';
import { describeThrown } from './describe-thrown.ts';
import type { HandlerCall, HandlerResult } from './messages.ts';
import type { UserCall } from './user-call.ts';

export interface HandlerRun {
  handler: Handler;
  given: HandlerCall;
  /** Of the source: some schemes have the payload in a place of their own. */
  scheme: SchemeName | undefined;
  call: UserCall;
  log: Logger;
  /** Throws nothing; the details are JSON. */
  onHeartbeat: (details: unknown) => void;
}

export async function callHandler({
  handler,
  given,
  scheme,
  call,
  log,
  onHeartbeat,
}: HandlerRun): Promise<HandlerResult> {
  const { signal } = call.controller;
  const context: HandlerContext = {
    idempotencyKey: given.idempotencyKey,
    attempt: given.attempt,
    signal,
    log: toHandlerLogger(log),
    heartbeat: (details) => onHeartbeat(toJsonValue(details, 'heartbeat details')),
  };
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => undefined); // a handler that ends first leaves nobody listening
  try {
    const event = await toWebhookEvent(given, scheme);
    const running = Promise.resolve(handler(event, context));
    return toOutcome(await Promise.race([running, aborted, call.strayed]));
  } catch (error) {
    if (signal.aborted && signal.reason === error) {
      return { ok: false, error: 'timeout', message: 'the handler did not end within its timeoutMs' };
    }
    return toFailedCall('handler', error);
  }
}

function toOutcome(returned: unknown): HandlerResult {
  let json: string | undefined;
  try {
    json = JSON.stringify(returned);
  } catch (error) {
    const { message } = describeThrown(error);
    const text = `the handler returned what cannot be written as JSON: ${message}`;
    return { ok: false, permanent: true, error: 'handler:ResultNotJson', message: text };
  }
  if (json === undefined) return { ok: true };
  if (Buffer.byteLength(json) <= RESULT_MAX_BYTES) return { ok: true, result: json };
  const message = `the handler returned more than ${RESULT_MAX_BYTES} bytes of JSON; return a reference instead`;
  return { ok: false, permanent: true, error: 'handler:ResultTooLarge', message };
}

/** @param what is the first part of the code of the error */
export function toFailedCall(what: 'handler' | 'task', error: unknown): HandlerResult {
  const { name, message, stack, permanent } = describeThrown(error);
  return { ok: false, error: `${what}:${name}`, permanent, message, ...(stack ? { stack } : {}) };
}

/** @throws TypeError in the handler's own code: a BigInt and a cycle have no JSON */
export function toJsonValue(value: unknown, what: string): unknown {
  try {
    const json = JSON.stringify(value);
    return json === undefined ? undefined : JSON.parse(json);
  } catch (error) {
    throw new TypeError(`${what} cannot be written as JSON: ${describeThrown(error).message}`);
  }
}

/** @returns undefined for a scheme whose payload is the body */
export function ownPayload(scheme: SchemeName, body: Uint8Array, format: BodyFormat): unknown {
  if (findScheme(scheme).payload === undefined) return undefined;
  return schemePayload(scheme, { 'content-type': format.contentType }, decodeBody(body, format));
}

/** A body is parsed when its handler first asks for it; a form is parsed before, since its parts come one by one. */
async function toWebhookEvent(
  { event, body }: HandlerCall,
  scheme: SchemeName | undefined,
): Promise<WebhookEvent> {
  const format = formatOf(event);
  const { kind } = format;
  const parse =
    kind === 'form'
      ? await parseBody(body, format).then((form) => () => form)
      : () => parseBodyNow(body, { ...format, kind });
  let payload = scheme && ownPayload(scheme, body, format);
  return {
    id: event.event_id,
    type: event.event_type,
    source: event.source,
    headers: event.headers,
    rawBody: body,
    receivedAt: new Date(event.received_at),
    get payload() {
      payload ??= parse();
      return payload;
    },
  };
}

export function toHandlerLogger(log: Logger): HandlerLogger {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}
