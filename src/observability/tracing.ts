// Spans as the rest of Surehook uses them, and what they come to while tracing is off: nothing, but for headers passed on.

/** W3C Trace Context. */
export interface TraceHeaders {
  traceparent?: string;
  tracestate?: string;
}

export type SpanAttributes = Record<string, string | number | undefined>;

export interface SpanStart {
  name: string;
  kind: 'server' | 'internal' | 'client';
  /** What a sender sent, or what a span before this one gave: it is checked here. */
  parent: { [Header in keyof TraceHeaders]?: string | string[] | undefined };
  attributes: SpanAttributes;
}

export interface Span {
  /** To go on with: towards an endpoint, or into the workflow. */
  headers: TraceHeaders;
  /** What `work` starts in this process with OpenTelemetry's API becomes a child. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** @param error a code, if what the span stands for has failed */
  end(attributes: SpanAttributes, error?: string): void;
}

export interface Tracing {
  start(span: SpanStart): Span;
  /** Runs `work` so that spans which it starts with OpenTelemetry's API become children of `parent`. */
  join<T>(parent: SpanStart['parent'], work: () => Promise<T>): Promise<T>;
  /** Sends what has not been sent yet. */
  stop(): Promise<void>;
}

/** No span is made and no trace begun; a sender's headers are passed on as they came, as W3C asks of those in between. */
export const NO_TRACING: Tracing = {
  start: ({ parent }) => ({ headers: toTraceHeaders(parent), run: (work) => work(), end: () => undefined }),
  join: (_parent, work) => work(),
  stop: async () => undefined,
};

export interface TraceParent {
  traceId: string;
  spanId: string;
  flags: number;
}

/** Version 00, or a later one, which may go on after the flags. All zeros is no id. */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
/** The length that everyone must pass on at least; a longer one is dropped. */
const TRACESTATE = /^[\t\x20-\x7e]{1,512}$/;

export function parseTraceparent(header: unknown): TraceParent | undefined {
  const [, traceId, spanId, flags] = typeof header === 'string' ? (TRACEPARENT.exec(header) ?? []) : [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Those that may be passed on: a `tracestate` means nothing without its `traceparent`. */
export function toTraceHeaders({ traceparent, tracestate }: SpanStart['parent']): TraceHeaders {
  if (typeof traceparent !== 'string' || !parseTraceparent(traceparent)) return {};
  if (typeof tracestate !== 'string' || !TRACESTATE.test(tracestate)) return { traceparent };
  return { traceparent, tracestate };
}
