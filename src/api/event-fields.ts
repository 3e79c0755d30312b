// Finds an event's id and type where its source says they are, and parses its body.
import type { IncomingHttpHeaders } from 'node:http';
import type { Locator, SourceConfig } from '../config/config.ts';
import { EVENT_ID, EVENT_ID_MAX_LENGTH } from '../ids.ts';
import { HttpError } from './errors.ts';

/** Deeper than any webhook known, and shallow enough for every recursive reader after us. */
const MAX_DEPTH = 200;
/** What a header, a search attribute and PostgreSQL's visibility column all take. */
export const EVENT_TYPE = /^[ -~]{1,200}$/;
/** For an event that has no type, or an unusable one: handlers under `*` get it. */
const UNKNOWN_TYPE = 'unknown';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws HttpError `invalid_json` */
export function parseJson(rawBody: Uint8Array): unknown {
  if (rawBody.length === 0) throw new HttpError('invalid_json', 'the body is empty; send a JSON object');
  const text = decode(rawBody);
  if (isTooDeep(text))
    throw new HttpError('invalid_json', `the body is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError('invalid_json', 'the body cannot be parsed as JSON'); // the parser's message would quote the body
  }
}

function decode(rawBody: Uint8Array): string {
  try {
    return utf8.decode(rawBody);
  } catch {
    throw new HttpError('invalid_json', 'the body is not valid UTF-8');
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c) i++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}

/** @throws HttpError `event_id_missing` or `event_id_invalid` */
export function findEventId(source: SourceConfig, headers: IncomingHttpHeaders, payload: unknown): string {
  for (const locator of source.eventId) {
    const value = locate(locator, headers, payload);
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string' && EVENT_ID.test(value)) return value;
    throw new HttpError('event_id_invalid', `${show(locator)} ${describeFault(value)}`);
  }
  const places = source.eventId.map(show).join(', ');
  throw new HttpError('event_id_missing', `no event id found; looked at ${places}`);
}

/** Numbers are refused since JSON readers round large ones: two events could come to share an id. */
function describeFault(value: unknown): string {
  const type = Array.isArray(value) ? 'array' : typeof value;
  if (typeof value !== 'string') return `is of type ${type}; an event id is a string`;
  if (value.length > EVENT_ID_MAX_LENGTH) {
    return `has ${value.length} characters; an event id has at most ${EVENT_ID_MAX_LENGTH}`;
  }
  return "cannot be an event id: use visible ASCII without spaces and slashes, and not '.' or '..'";
}

export function findEventType(source: SourceConfig, headers: IncomingHttpHeaders, payload: unknown): string {
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
