// Parses a body, and finds in it what the ingress has to know: on the event loop, or in the thread of large bodies.
import type { IncomingHttpHeaders } from 'node:http';
import type { SourceConfig } from '../../config/config.ts';
import { parseJson } from '../http/parse-json.ts';
import { findEventId, findEventType } from './event-fields.ts';
import { splitBatch } from './split-batch.ts';

/** What is read, and where: plain data, which may go to a thread. */
export interface FieldsCall {
  places: Pick<SourceConfig, 'eventId' | 'eventType' | 'batch'>;
  headers: IncomingHttpHeaders;
  rawBody: Uint8Array;
}

export interface EventFields {
  eventId: string;
  eventType: string;
  /** Of one event among several; absent: the whole body is one. */
  ownBody?: Uint8Array;
}

/**
 * @returns each event of the body; none for an empty batch
 * @throws HttpError `invalid_json`, `event_id_missing`, `event_id_invalid`, or `payload_too_large` for a batch
 */
export function readFields({ places, headers, rawBody }: FieldsCall): EventFields[] {
  const payload = parseJson(rawBody);
  const bodies = places.batch.length === 0 ? undefined : splitBatch(rawBody, places.batch);
  if (bodies === undefined) return [fieldsOf(places, { headers, payload, rawBody })];
  return bodies.map((body) => ({
    ...fieldsOf(places, { headers, payload: parseJson(body), rawBody: body }),
    ownBody: body,
  }));
}

function fieldsOf(places: FieldsCall['places'], event: Parameters<typeof findEventId>[1]): EventFields {
  return { eventId: findEventId(places, event), eventType: findEventType(places, event) };
}
