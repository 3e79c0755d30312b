// The tracing interface that the rest of Surehook uses, what it does while tracing is off, and the trace headers.

/** The headers of W3C Trace Context. */
export interface TraceHeaders {
  traceparent?: string;
  tracestate?: string;
}

export type SpanAttributes = Record<string, string | number | undefined>;

export interface SpanStart {
  name: string;
  kind: 'server' | 'internal' | 'client';
  /** The headers of a sender's request, or of an earlier span. `start` ignores headers that are not valid. */
  parent: { [Header in keyof TraceHeaders]?: string | string[] | undefined };
  attributes: SpanAttributes;
}

export interface Span {
  /** The headers to pass on, to an endpoint or into the workflow. */
  headers: TraceHeaders;
  /** Runs `work`. Spans that `work` makes with OpenTelemetry's API become children of this span. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** @param error the error code, if the work that the span stands for has failed */
  end(attributes: SpanAttributes, error?: string): void;
}

export interface Tracing {
  start(span: SpanStart): Span;
  /** Runs `work` so that spans which it starts with OpenTelemetry's API become children of `parent`. */
  join<T>(parent: SpanStart['parent'], work: () => Promise<T>): Promise<T>;
  /** Sends the spans that have not been sent yet. */
  stop(): Promise<void>;
}

/** Makes no span and begins no trace. Passes on the sender's headers unchanged, as W3C asks of an intermediary. */
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

/** Version 00, or a later version, which may go on after the flags. An id of zeros is invalid. */
const TRACEPARENT =
  /^(?:00(?=.{53}$)|(?!00|ff)[0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/;
/** W3C asks everyone to pass on at least 512 characters; Surehook drops a longer `tracestate`. */
const TRACESTATE = /^[\t\x20-\x7e]{1,512}$/;

export function parseTraceparent(header: unknown): TraceParent | undefined {
  const [, traceId, spanId, flags] = typeof header === 'string' ? (TRACEPARENT.exec(header) ?? []) : [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** @returns the headers that may be passed on: a `tracestate` means nothing without its `traceparent` */
export function toTraceHeaders({ traceparent, tracestate }: SpanStart['parent']): TraceHeaders {
  if (typeof traceparent !== 'string' || !parseTraceparent(traceparent)) return {};
  if (typeof tracestate !== 'string' || !TRACESTATE.test(tracestate)) return { traceparent };
  return { traceparent, tracestate };
}
