// Writes event ids into workflow ids: any id, one to one. Workflow code has no need of it, and no hash.
import { createHash } from 'node:crypto';
import { DIGESTED, EVENT_KEY_MAX_LENGTH, workflowIdOf } from './ids.ts';
import { EVENT_ID_MAX_BYTES } from './limits.ts';

/**
 * What a workflow id keeps as it is: visible ASCII without `/`, which ends a part of a URL's path, without `%`, which marks
 * what is written otherwise, and without quotes and backslashes, which no query of Temporal's visibility finds.
 */
const PLAIN = /^(?!\.{1,2}$)[!#$&(-.0-[\]-~]+$/;
const KEPT = /[!#$&(-.0-[\]-~]/;

/** Whether an event may have this id: any text of 1 to 1,024 bytes. */
export function isEventId(eventId: string): boolean {
  return eventId !== '' && Buffer.byteLength(eventId) <= EVENT_ID_MAX_BYTES;
}

/** @param eventId as the sender has written it */
export function workflowIdOfEvent(source: string, eventId: string): string {
  return workflowIdOf(source, toKey(eventId));
}

function toKey(eventId: string): string {
  if (eventId.length <= EVENT_KEY_MAX_LENGTH && PLAIN.test(eventId)) return eventId;
  // A lone surrogate has no bytes in UTF-8: two such ids would become one.
  const encoded = eventId.isWellFormed() ? percentEncode(eventId) : undefined;
  if (encoded !== undefined && encoded.length <= EVENT_KEY_MAX_LENGTH) return encoded;
  return DIGESTED + createHash('sha256').update(Buffer.from(eventId, 'utf16le')).digest('hex');
}

function percentEncode(eventId: string): string {
  if (eventId === '.' || eventId === '..') return eventId.replaceAll('.', '%2E');
  let key = '';
  for (const byte of Buffer.from(eventId, 'utf8')) {
    const char = String.fromCharCode(byte);
    key += byte < 0x80 && KEPT.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return key;
}
