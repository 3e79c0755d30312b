// An OpenTelemetry collector that takes OTLP over HTTP as protobuf, and keeps the spans.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';

/** The part of opentelemetry-proto 1.7 that the tests read; the field numbers are the protocol's. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`);
const Request = root.lookupType('Request');

export const KIND = { internal: 1, server: 2, client: 3 } as const;
export const STATUS = { unset: 0, error: 2 } as const;

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  status: number;
  attributes: Record<string, string | number>;
  resource: Record<string, string | number>;
}

interface Attribute {
  key: string;
  value: Record<string, string | number>;
}

interface RawSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes?: Attribute[];
  status?: { code?: number };
}

interface RawRequest {
  resourceSpans?: { resource: { attributes: Attribute[] }; scopeSpans: { spans: RawSpan[] }[] }[];
}

export class Collector {
  readonly url: string;
  readonly spans: CollectedSpan[] = [];
  readonly paths = new Set<string>();
  readonly headers: NodeJS.Dict<string | string[]>[] = [];
  /** All request bodies as text (latin-1). */
  bytes = '';
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', async (request, response) => {
      const body = await buffer(request);
      this.paths.add(request.url ?? '');
      this.headers.push(request.headers);
      this.#keep(body);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  }

  static async start(): Promise<Collector> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Collector(server);
  }

  /** The spans of one event in the order in which they ended. */
  of(eventId: string): CollectedSpan[] {
    return this.spans.filter(({ attributes }) => attributes['surehook.event_id'] === eventId);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #keep(body: Buffer): void {
    this.bytes += body.toString('latin1');
    const { resourceSpans = [] } = Request.toObject(Request.decode(body), { longs: Number }) as RawRequest;
    for (const { resource, scopeSpans } of resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push(toSpan(span, toRecord(resource.attributes)));
      }
    }
  }
}

function toSpan(raw: RawSpan, resource: CollectedSpan['resource']): CollectedSpan {
  const hex = (bytes: unknown) => Buffer.from((bytes ?? []) as Uint8Array).toString('hex');
  return {
    traceId: hex(raw.traceId),
    spanId: hex(raw.spanId),
    parentSpanId: hex(raw.parentSpanId),
    name: raw.name,
    kind: raw.kind,
    status: raw.status?.code ?? STATUS.unset,
    attributes: toRecord(raw.attributes),
    resource,
  };
}

function toRecord(attributes: Attribute[] = []): Record<string, string | number> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']));
}
