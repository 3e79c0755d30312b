// Parses a body, and finds in it what the ingress has to know: on the event loop, or in the thread of large bodies.
import type { IncomingHttpHeaders } from 'node:http';
import type { SourceConfig } from '../../config/config.ts';
import { parseJson } from '../http/parse-json.ts';
import { findEventId, findEventType } from './event-fields.ts';

/** What is read, and where: plain data, which may go to a thread. */
export interface FieldsCall {
  places: Pick<SourceConfig, 'eventId' | 'eventType'>;
  headers: IncomingHttpHeaders;
  rawBody: Uint8Array;
}

export interface EventFields {
  eventId: string;
  eventType: string;
}

/** @throws HttpError `invalid_json`, `event_id_missing` or `event_id_invalid` */
export function readFields({ places, headers, rawBody }: FieldsCall): EventFields {
  const event = { headers, payload: parseJson(rawBody), rawBody };
  return {
    eventId: findEventId(places, event),
    eventType: findEventType(places, event),
  };
}
