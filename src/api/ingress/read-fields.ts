// Parses a body, and finds in it what the ingress has to know: on the event loop, or in the thread of large bodies.
import type { IncomingHttpHeaders } from 'node:http';
import { BodyFault } from '../../bodies/body-fault.ts';
import { describeFormat } from '../../bodies/body-format.ts';
import type { SourceConfig } from '../../config/config.ts';
import type { BodyKind } from '../../contracts/event.ts';
import { HttpError } from '../http/errors.ts';
import { findEventId, findEventType } from './event-fields.ts';
import { parseSent, type SentBody } from './parse-sent.ts';

/** What is read, and where: plain data, which may go to a thread. */
export interface FieldsCall {
  places: Pick<SourceConfig, 'eventId' | 'eventType'>;
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
}

/**
 * @throws HttpError `invalid_json`, `invalid_body`, `unsupported_encoding`, `payload_too_large`, `event_id_missing` or
 * `event_id_invalid`
 */
export async function readFields(call: FieldsCall): Promise<EventFields> {
  const sent = {
    contentType: call.headers['content-type'],
    contentEncoding: call.headers['content-encoding'],
  };
  const { kind, payload, isEncoded } = await withDescription(sent, () => parseSent(call, sent));
  const isPlainJson = kind === 'json' && !isEncoded;
  return {
    ...findFields(call, payload, kind, sent),
    bodyKind: isPlainJson ? undefined : kind,
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

function findFields({ places, headers }: FieldsCall, payload: unknown, kind: BodyKind, sent: SentBody) {
  const found = kind === 'bytes' ? undefined : payload; // the bytes have no places
  try {
    return {
      eventId: findEventId(places, headers, found),
      eventType: findEventType(places, headers, found),
    };
  } catch (error) {
    if (kind === 'json' || !(error instanceof HttpError && error.code === 'event_id_missing')) throw error;
    const why = `the body was read as ${kind === 'form' ? 'a form' : kind} (${describeFormat(sent)})`;
    throw new HttpError('event_id_missing', `${error.message}; ${why}`);
  }
}
