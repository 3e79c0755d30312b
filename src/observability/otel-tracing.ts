// Tracing with OpenTelemetry: spans go to a collector by OTLP over HTTP. Loaded only if tracing is configured.
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Context,
  context,
  DiagLogLevel,
  diag,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import {
  parseTraceparent,
  type Span,
  type SpanAttributes,
  type SpanStart,
  type Tracing,
  toTraceHeaders,
} from './tracing.ts';

const KINDS = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
} as const;
/** The stop of a process has to end within 10 s, even if the collector does not answer. */
const FLUSH_WITHIN_MS = 2_000;

/**
 * The OpenTelemetry packages read the other settings themselves: headers and time-outs from
 * OTEL_EXPORTER_OTLP_*, names from OTEL_RESOURCE_ATTRIBUTES.
 *
 * @param url where the collector takes traces
 */
export function createOtelTracing(url: string, version: string, log: Logger): Tracing {
  diag.setLogger(toDiagLogger(log.child({ component: 'tracing' })), DiagLogLevel.WARN);
  const resource = resourceFromAttributes({ 'service.name': 'surehook', 'service.version': version }).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) });
  const provider = new TracerProvider({ resource, spanProcessors: [processor] });
  // The provider is global so that spans of handlers, made with OpenTelemetry's API, join the event's trace.
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  const tracer = provider.getTracer('surehook', version);
  return {
    start({ name, kind, parent, attributes }) {
      const parentContext = toContext(parent);
      const span = tracer.startSpan(name, { kind: KINDS[kind], attributes }, parentContext);
      return toSpan(span, trace.setSpan(parentContext, span), parent);
    },
    join: (parent, work) => context.with(toContext(parent), work),
    stop: () => Promise.race([provider.shutdown(), delay(FLUSH_WITHIN_MS, undefined, { ref: false })]),
  };
}

/** The context of the given parent. A span that happens to be active in this process is never the parent. */
function toContext({ traceparent }: SpanStart['parent']): Context {
  const parent = parseTraceparent(traceparent);
  if (parent === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags: traceFlags } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function toSpan(span: OtelSpan, active: Context, parent: SpanStart['parent']): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  return {
    headers: { ...toTraceHeaders(parent), traceparent },
    run: (work) => context.with(active, work),
    end(attributes: SpanAttributes, error?: string) {
      span.setAttributes(attributes);
      if (error !== undefined) {
        span.setAttribute('error.type', error);
        span.setStatus({ code: SpanStatusCode.ERROR, message: error });
      }
      span.end();
    },
  };
}

/** A collector that is down would cause one warning per batch. */
const LOG_INTERVAL_MS = 60_000;

function toDiagLogger(log: Logger) {
  let last = Number.NEGATIVE_INFINITY;
  const warn = (message: string) => {
    if (performance.now() - last < LOG_INTERVAL_MS) return;
    last = performance.now();
    log.warn({ reason: message.slice(0, 500) }, 'OpenTelemetry has a problem: traces may be lost');
  };
  const ignore = () => undefined;
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
}
