// Counts, times and traces each webhook request, around the handler that answers it.
import type { Request, Response } from 'express';
import type { Config } from '../../config/config.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { Span, Tracing } from '../../observability/tracing.ts';
import type { HttpError } from '../http/errors.ts';
import { toHttpError } from '../http/to-http-error.ts';
import type { ReceiveWebhook } from './receive-webhook.ts';
import type { Received } from './send-receipt.ts';

export interface IngressObserver {
  config: Config;
  metrics: Metrics;
  tracing: Tracing;
}

export function observeIngress(receive: ReceiveWebhook, { config, metrics, tracing }: IngressObserver) {
  return async (request: Request<{ source: string }>, response: Response): Promise<void> => {
    const started = performance.now();
    const { source } = request.params;
    const span = startSpan(tracing, request, config.sources.has(source) ? source : 'unknown');
    try {
      const received = await span.run(() => receive(request, response, span.headers));
      metrics.requestAnswered(source, received.outcome, received.statusCode, performance.now() - started);
      endSpan(span, received);
    } catch (error) {
      const problem = toHttpError(error);
      metrics.requestAnswered(source, problem.code, problem.status, performance.now() - started);
      endSpanRefused(span, problem);
      throw error;
    }
  };
}

function startSpan(tracing: Tracing, { method, headers }: Request<{ source: string }>, source: string): Span {
  return tracing.start({
    name: `${method} /webhooks/{source}`,
    kind: 'server',
    parent: { traceparent: headers.traceparent, tracestate: headers.tracestate },
    attributes: {
      'http.request.method': method,
      'http.route': '/webhooks/{source}',
      'surehook.source': source,
    },
  });
}

function endSpan(span: Span, { outcome, statusCode, eventId }: Received): void {
  span.end({
    'http.response.status_code': statusCode,
    'surehook.outcome': outcome,
    ...(eventId === undefined ? {} : { 'surehook.event_id': eventId }),
  });
}

/** In OpenTelemetry's terms, only a 5xx is an error of the server; a request that is refused is none. */
function endSpanRefused(span: Span, { code, status }: HttpError): void {
  const attributes = { 'http.response.status_code': status, 'surehook.outcome': code };
  if (status >= 500) span.end(attributes, code);
  else span.end(attributes);
}
