// Finds the id and the type of an event where its source says they are.
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Locator, placeText, type SourceConfig } from '../../config/config.ts';
import { isEventType } from '../../contracts/event-type.ts';
import { parseExactly } from '../../contracts/exact-json.ts';
import { EVENT_ID_MAX_BYTES } from '../../contracts/limits.ts';
import { HttpError } from '../http/errors.ts';

/** The type of an event that has none, or an unusable one. Handlers under `*` get such an event. */
const UNKNOWN_TYPE = 'unknown';

/** What the places of a source are looked for in. */
export interface ReceivedEvent {
  headers: IncomingHttpHeaders;
  payload: unknown;
  rawBody: Uint8Array;
}

/** @throws HttpError `event_id_missing`, or `event_id_invalid` for one that is too long */
export function findEventId({ eventId }: Pick<SourceConfig, 'eventId'>, event: ReceivedEvent): string {
  for (const locator of eventId) {
    const id = locate(locator, event);
    if (id === undefined) continue;
    const bytes = Buffer.byteLength(id);
    if (bytes <= EVENT_ID_MAX_BYTES) return id;
    throw new HttpError(
      'event_id_invalid',
      `${placeText(locator)} has ${bytes} bytes; an event id has at most ${EVENT_ID_MAX_BYTES}: use a digest of it ({ digest: [place] })`,
    );
  }
  const places = eventId.map(placeText).join(', ');
  throw new HttpError('event_id_missing', `no event id found; looked at ${places}`);
}

export function findEventType({ eventType }: Pick<SourceConfig, 'eventType'>, event: ReceivedEvent): string {
  for (const locator of eventType) {
    const type = locate(locator, event);
    if (type !== undefined && isEventType(type)) return type;
  }
  return UNKNOWN_TYPE;
}

/** A value that is no text and no number is none: an event is not refused because of how its sender writes ids. */
function locate(locator: Locator, event: ReceivedEvent): string | undefined {
  switch (locator.in) {
    case 'header':
      return toText(event.headers[locator.name]);
    case 'bytes':
      return digestOf(event.rawBody);
    case 'unique':
      return randomUUID();
    case 'body':
      return inBody(locator.path, event);
    case 'join': {
      const parts = locator.places.map((place) => locate(place, event));
      return parts.includes(undefined) ? undefined : parts.map((part) => withoutColon(part ?? '')).join(':');
    }
    case 'digest': {
      const parts = locator.places.map((place) => locate(place, event));
      if (parts.every((part) => part === undefined)) return undefined;
      const [only] = locator.places;
      if (parts.length === 1 && only?.in === 'bytes') return parts[0];
      return digestOf(JSON.stringify(parts.map((part) => part ?? null)));
    }
  }
}

/** Two lists of parts never give one text: `a:b` and `c`, and `a` and `b:c`. */
function withoutColon(part: string): string {
  return part.replaceAll('%', '%25').replaceAll(':', '%3A');
}

function digestOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

function toText(value: unknown): string | undefined {
  if (Array.isArray(value)) return toText(value.join(', '));
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function inBody(path: readonly string[], { payload, rawBody }: ReceivedEvent): string | undefined {
  const value = at(path, payload);
  if (typeof value === 'number') return digitsAt(path, rawBody) ?? String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Two large numbers that JavaScript rounds to one are two ids: the digits count as they were sent. */
function digitsAt(path: readonly string[], rawBody: Uint8Array): string | undefined {
  try {
    return JSON.stringify(
      at(
        path,
        parseExactly(
          Buffer.from(rawBody)
            .toString('utf8')
            .replace(/^\ufeff/, ''),
        ),
      ),
    );
  } catch {
    return undefined; // the payload was not read from JSON, or from more than the body
  }
}

function at(path: readonly string[], payload: unknown): unknown {
  let value = payload;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
