// Finds the id and the type of an event where its source says they are.
import type { IncomingHttpHeaders } from 'node:http';
import type { Locator, SourceConfig } from '../../config/config.ts';
import { EVENT_ID, EVENT_ID_MAX_LENGTH, EVENT_TYPE } from '../../contracts/ids.ts';
import { HttpError } from '../http/errors.ts';

/** The type of an event that has none, or an unusable one. Handlers under `*` get such an event. */
const UNKNOWN_TYPE = 'unknown';

/** @throws HttpError `event_id_missing` or `event_id_invalid` */
export function findEventId(
  source: Pick<SourceConfig, 'eventId'>,
  headers: IncomingHttpHeaders,
  payload: unknown,
): string {
  for (const locator of source.eventId) {
    const value = locate(locator, headers, payload);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string' && EVENT_ID.test(value)) return value;
    throw new HttpError('event_id_invalid', `${show(locator)} ${describeFault(value)}`);
  }
  const places = source.eventId.map(show).join(', ');
  throw new HttpError('event_id_missing', `no event id found; looked at ${places}`);
}

/** Numbers are refused, since JSON readers round large numbers: two events could get the same id. */
function describeFault(value: unknown): string {
  const type = Array.isArray(value) ? 'array' : typeof value;
  if (typeof value !== 'string') return `is of type ${type}; an event id is a string`;
  if (value.length > EVENT_ID_MAX_LENGTH) {
    return `has ${value.length} characters; an event id has at most ${EVENT_ID_MAX_LENGTH}`;
  }
  return "cannot be an event id: use visible ASCII without spaces and slashes, and not '.' or '..'";
}

export function findEventType(
  source: Pick<SourceConfig, 'eventType'>,
  headers: IncomingHttpHeaders,
  payload: unknown,
): string {
  for (const locator of source.eventType) {
    const value = locate(locator, headers, payload);
    if (typeof value === 'string' && EVENT_TYPE.test(value)) return value;
  }
  return UNKNOWN_TYPE;
}

function locate(locator: Locator, headers: IncomingHttpHeaders, payload: unknown): unknown {
  if (locator.in === 'header') return headers[locator.name];
  let value = payload;
  for (const key of locator.path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function show(locator: Locator): string {
  return locator.in === 'header' ? `header ${locator.name}` : `body.${locator.path.join('.')}`;
}
