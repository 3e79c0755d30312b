// Runs the work of one attempt of a step, and counts, times and traces it.
import { Context } from '@temporalio/activity';
import { type EventMeta, endpointOf, type StepName } from '../../contracts/event.ts';
import { errorCodeOf, INTERRUPTED } from '../../contracts/failures.ts';
import type { HandlerOutcome, Metrics, StatusClass } from '../../observability/metrics.ts';
import type { Span, TraceHeaders, Tracing } from '../../observability/tracing.ts';
import type { AttemptResult } from './attempt-result.ts';

export interface AttemptObserver {
  metrics: Metrics;
  tracing: Tracing;
}

export interface ObservedAttempt {
  event: EventMeta;
  step: StepName;
  attempt: number;
  /** @param trace headers for the request that the work sends */
  work: (trace: TraceHeaders) => Promise<AttemptResult>;
}

export async function observeAttempt(
  { metrics, tracing }: AttemptObserver,
  { event, step, attempt, work }: ObservedAttempt,
): Promise<{ result: AttemptResult; durationMs: number }> {
  const span = startSpan(tracing, event, step, attempt);
  const started = performance.now();
  const result = await span.run(() => work(span.headers));
  const durationMs = performance.now() - started;
  // An attempt that was cancelled, or cut short by the end of its worker, looks like a time-out but is none.
  const cut = !result.ok && Context.current().cancellationSignal.aborted;
  const error = cut ? INTERRUPTED : result.error;
  if (step === 'handler') metrics.handlerAttempted(event.source, toOutcome(result, error), durationMs);
  else if (isWork(step)) metrics.taskAttempted(event.event_type, toOutcome(result, error), durationMs);
  else metrics.deliveryAttempted(endpointOf(step), toStatusClass(result.statusCode, error), durationMs);
  span.end(
    { 'http.response.status_code': result.statusCode },
    result.ok ? undefined : errorCodeOf({ error, status_code: result.statusCode }),
  );
  return { result, durationMs };
}

function startSpan(tracing: Tracing, event: EventMeta, step: StepName, attempt: number): Span {
  const attributes = {
    'surehook.source': event.source,
    'surehook.event_id': event.event_id,
    'surehook.event_type': event.event_type,
    'surehook.attempt': attempt,
  };
  if (step === 'handler' || isWork(step)) {
    const name = step === 'handler' ? step : event.event_type;
    return tracing.start({ name, kind: 'internal', parent: event, attributes });
  }
  const endpoint = endpointOf(step);
  return tracing.start({
    name: `deliver ${endpoint}`,
    kind: 'client',
    parent: event,
    attributes: { ...attributes, 'http.request.method': 'POST', 'surehook.endpoint': endpoint },
  });
}

const isWork = (step: StepName) => step.startsWith('work:');

function toOutcome({ ok }: AttemptResult, error: string | undefined): HandlerOutcome {
  if (ok) return 'succeeded';
  return error === 'timeout' ? 'timeout' : 'failed';
}

function toStatusClass(statusCode: number | undefined, error: string | undefined): StatusClass {
  if (error === 'timeout') return 'timeout';
  if (error !== undefined || statusCode === undefined) return 'error';
  return `${Math.min(5, Math.max(2, Math.floor(statusCode / 100)))}xx` as StatusClass;
}
