// The activity that runs the user's handler on an event.
import type { Logger } from 'pino';
import { type Config, hasHandler } from '../config/config.ts';
import type { ActivityInput, EventMeta, LoadBody, StepOutcome } from '../contracts/event.ts';
import { workflowIdOfEvent } from '../contracts/event-key.ts';
import { HANDLER_NOT_BEGUN, INTERRUPTED } from '../contracts/failures.ts';
import type { RawBody, StoredBody } from '../payloads/raw-body.ts';
import type { CallOptions, HandlerCall, HandlerResult } from '../user-code/messages.ts';
import { benignFailure } from './attempts/attempt-failures.ts';
import type { AttemptResult } from './attempts/attempt-result.ts';
import { logAttempt } from './attempts/log-attempt.ts';
import { logFields } from './attempts/log-fields.ts';
import { type AttemptObserver, observeAttempt } from './attempts/observe-attempt.ts';
import { runAttempt } from './attempts/run-attempt.ts';
import { toAttemptLimit } from './attempts/within.ts';

/** Calls a handler in a process of the user's code. @throws if no process was free before the signal was aborted */
export type CallHandler = (
  call: HandlerCall,
  options: CallOptions,
) => Promise<HandlerResult | { interrupted: string }>;

export interface HandleEventDeps {
  config: Config;
  log: Logger;
  loadBody: LoadBody;
  observer: AttemptObserver;
  callHandler: CallHandler;
}

export function createHandleEvent({ config, log, loadBody, observer, callHandler }: HandleEventDeps) {
  return async function handleEvent(input: ActivityInput, body?: RawBody | StoredBody): Promise<StepOutcome> {
    const { event, step } = input;
    const source = config.sources.get(event.source);
    const isHandled = source !== undefined && hasHandler(source, event.event_type);
    return await runAttempt({
      input,
      body,
      loadBody,
      schedule: isHandled ? source.retry : undefined,
      timeoutMs: toAttemptLimit(source?.timeoutMs ?? 1),
      work: async ({ bytes }, { attempt, followsInterruption: apart }, signal, heartbeat) => {
        if (!isHandled) return missingHandler(event);
        const idempotencyKey = workflowIdOfEvent(event.source, event.event_id);
        const { result } = await observeAttempt(observer, {
          event,
          step,
          attempt,
          work: async (trace) => {
            const call = { event: { ...event, ...trace }, body: whole(bytes), attempt, idempotencyKey };
            return toResult(
              await callHandler(call, { signal, onHeartbeat: heartbeat, apart }).catch(throwNotBegun),
            );
          },
        });
        const { ok, error, message, stack } = result;
        const failure = { error, message, stack };
        logAttempt(log, { what: 'handler', ok, fields: logFields(event, attempt), failure });
        return result;
      },
    });
  };
}

/** A view of a larger buffer would take all of that buffer along to the other process, with what else is in it. */
function whole(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

function toResult(outcome: HandlerResult | { interrupted: string }): AttemptResult {
  if ('interrupted' in outcome) return { ok: false, error: INTERRUPTED, message: outcome.interrupted };
  if (!outcome.ok) return outcome;
  return outcome.result === undefined ? { ok: true } : { ok: true, result: JSON.parse(outcome.result) };
}

/** Handlers that compute may keep every process busy for as long as their limits allow: the others wait. */
const BEGIN_AGAIN_AFTER_MS = 1_000;

function throwNotBegun(error: Error): never {
  throw benignFailure(`the handler has not begun: ${error.message}`, {
    type: HANDLER_NOT_BEGUN,
    nextRetryDelay: BEGIN_AGAIN_AFTER_MS,
  });
}

/** The event was accepted under another config, perhaps a newer one: a retry may find a worker that knows it. */
function missingHandler({ source, event_type }: EventMeta): AttemptResult {
  const message = `this worker's config has no handler for '${event_type}' under sources.${source}.handlers`;
  return { ok: false, error: 'handler_missing', message };
}
