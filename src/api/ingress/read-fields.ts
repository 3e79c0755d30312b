// Parses a body, and finds in it what the ingress has to know: on the event loop, or in the thread of large bodies.
import type { IncomingHttpHeaders } from 'node:http';
import { BodyFault } from '../../bodies/body-fault.ts';
import { describeFormat } from '../../bodies/body-format.ts';
import type { SourceConfig } from '../../config/config.ts';
import type { BodyKind } from '../../contracts/event.ts';
import { type SchemeName, schemePayload } from '../../signatures/index.ts';
import { HttpError } from '../http/errors.ts';
import { parseJson } from '../http/parse-json.ts';
import { findEventId, findEventType, type ReceivedEvent } from './event-fields.ts';
import { parseSent, type SentBody } from './parse-sent.ts';
import { splitBatch } from './split-batch.ts';

/** What is read, and where: plain data, which may go to a thread. */
export interface FieldsCall {
  places: Pick<SourceConfig, 'eventId' | 'eventType' | 'batch'>;
  /** Some schemes have the event in a field of their own. */
  scheme: SchemeName;
  headers: IncomingHttpHeaders;
  rawBody: Uint8Array;
  /** The kind that the source asks for; undefined: as the content type says. */
  expected: BodyKind | undefined;
  /** Of the body without its content encoding. */
  maxBytes: number;
}

export interface EventFields {
  eventId: string;
  eventType: string;
  /** As `EventMeta.body_kind`. */
  bodyKind: BodyKind | undefined;
  /** Of one event among several; absent: the whole body is one. */
  ownBody?: Uint8Array;
}

/**
 * @returns each event of the body; none for an empty batch
 * @throws HttpError `invalid_json`, `invalid_body`, `unsupported_encoding`, `payload_too_large`, `event_id_missing` or
 * `event_id_invalid`
 */
export async function readFields(call: FieldsCall): Promise<EventFields[]> {
  const { headers, places, scheme } = call;
  const sent = { contentType: headers['content-type'], contentEncoding: headers['content-encoding'] };
  const { kind, payload, bytes, isEncoded } = await withDescription(sent, () => parseSent(call, sent));
  const bodies = kind === 'json' && places.batch.length > 0 ? splitBatch(bytes, places.batch) : undefined;
  if (bodies) return bodies.map((body) => fieldsOfItem(call, body));
  const own = schemePayload(scheme, headers, bytes) ?? (kind === 'bytes' ? undefined : payload); // bytes have no places
  const isPlainJson = kind === 'json' && !isEncoded;
  const event = { headers, payload: own, rawBody: bytes };
  return [{ ...findFields(call, event, kind, sent), bodyKind: isPlainJson ? undefined : kind }];
}

/** An item has no content encoding, whatever the batch had. */
function fieldsOfItem({ places, headers }: FieldsCall, body: Uint8Array): EventFields {
  const event = { headers, payload: parseJson(body), rawBody: body };
  return {
    eventId: findEventId(places, event),
    eventType: findEventType(places, event),
    bodyKind: undefined,
    ownBody: body,
  };
}

async function withDescription<T>(sent: SentBody, parse: () => Promise<T>): Promise<T> {
  try {
    return await parse();
  } catch (error) {
    throw describeFault(error, describeFormat(sent)) ?? error;
  }
}

/** The sender sees what it has sent, as it came. */
function describeFault(error: unknown, sent: string): HttpError | undefined {
  if (!(error instanceof BodyFault || error instanceof HttpError)) return undefined;
  const detail = `${error.message} (${sent})`;
  switch (error.code) {
    case 'invalid_json':
      return new HttpError('invalid_json', detail);
    case 'invalid_body':
      return new HttpError('invalid_body', detail);
    case 'unsupported_encoding':
      return new HttpError('unsupported_encoding', detail);
    case 'payload_too_large':
      return new HttpError('payload_too_large', detail);
    default:
      return undefined;
  }
}

function findFields({ places }: FieldsCall, event: ReceivedEvent, kind: BodyKind, sent: SentBody) {
  try {
    return { eventId: findEventId(places, event), eventType: findEventType(places, event) };
  } catch (error) {
    if (kind === 'json' || !(error instanceof HttpError && error.code === 'event_id_missing')) throw error;
    const why = `the body was read as ${kind === 'form' ? 'a form' : kind} (${describeFormat(sent)})`;
    throw new HttpError('event_id_missing', `${error.message}; ${why}`);
  }
}
