// Reads the bodies in which a signature stands or whose fields are signed: JSON, forms, and forms in several parts.
import { isObject } from './provider-keys.ts';
import type { HeaderReader } from './scheme.ts';

/**
 * Whoever sends such a body has not proved anything yet, and it holds up the process while it is read: a mebibyte takes 50
 * ms at the worst, and took half a second without the next two limits. No provider here sends more.
 */
const READ_BYTES_MAX = 1_048_576;
const FIELDS_MAX = 1_000;
const DEPTH_MAX = 200;
export const UNREADABLE = `the body cannot be read: it must be valid UTF-8, of at most ${READ_BYTES_MAX} bytes, in the form that this scheme has`;

/** Refuses bytes that are no UTF-8: decoded without that, they would pass as U+FFFD. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function textOf(body: Uint8Array): string | undefined {
  if (body.length > READ_BYTES_MAX) return undefined;
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/** @returns undefined for a body that is no JSON */
export function jsonOf(body: Uint8Array): unknown {
  const text = textOf(body);
  return text === undefined || isTooDeep(text) ? undefined : parsed(text);
}

/** A short text is parsed in no time, however deep it is. */
const SHORT = 10_000;
const [QUOTE, BACKSLASH] = [0x22, 0x5c];
/** In ASCII, brackets and braces differ in one bit. */
const [OPEN, CLOSE] = [0x5b, 0x5d];

function isTooDeep(text: string): boolean {
  if (text.length <= SHORT) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) inString = !inString;
    else if (inString) i += char === BACKSLASH ? 1 : 0;
    else if ((char & ~0x20) === OPEN && ++depth > DEPTH_MAX) return true;
    else if ((char & ~0x20) === CLOSE) depth--;
  }
  return false;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Fields = readonly (readonly [name: string, value: string])[];

/** `application/x-www-form-urlencoded`. Returns undefined for a form that cannot be read in one way only. */
export function formOf(body: Uint8Array): Fields | undefined {
  const text = textOf(body);
  return text === undefined ? undefined : formFields(text);
}

/** @param text of a form, or of a query without its `?` */
export function formFields(text: string): Fields | undefined {
  const fields: [string, string][] = [];
  try {
    for (const pair of text.split('&', FIELDS_MAX + 1)) {
      if (pair === '') continue;
      if (fields.length === FIELDS_MAX) return undefined;
      const at = pair.indexOf('=');
      fields.push(at < 0 ? [decoded(pair), ''] : [decoded(pair.slice(0, at)), decoded(pair.slice(at + 1))]);
    }
    return fields;
  } catch {
    return undefined; // a percent sign without two digits, or bytes that are no UTF-8
  }
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

export function formText(fields: Fields): string {
  return new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString();
}

/** The one value of a name; undefined if there is none, or two: it would be open which of them was signed. */
export function only(fields: Fields | undefined, name: string): string | undefined {
  const found = fields?.filter(([one]) => one === name) ?? [];
  return found.length === 1 ? found[0]?.[1] : undefined;
}

/** The text fields of `multipart/form-data` (RFC 7578), or of a plain form; files are left out. */
export function fieldsOf(body: Uint8Array, header: HeaderReader): Fields | undefined {
  const type = header('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) return formOf(body);
  const [, quoted, bare] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(type) ?? [];
  const text = textOf(body);
  const boundary = quoted ?? bare;
  if (text === undefined || boundary === undefined) return undefined;
  // Every part begins behind a boundary on a line of its own.
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`);
  if (!parts.at(-1)?.startsWith('--')) return undefined;
  const fields: [string, string][] = [];
  for (const part of parts.slice(1, -1)) {
    const end = part.indexOf('\r\n\r\n');
    if (end < 0 || !/^[ \t]*\r\n/.test(part)) return undefined;
    const head = part.slice(0, end);
    const [, name] = /^content-disposition:\s*form-data;[^\r\n]*?\bname="([^"\r\n]*)"/im.exec(head) ?? [];
    if (name === undefined) return undefined;
    if (!/;\s*filename\*?=/i.test(head)) fields.push([name, part.slice(end + 4)]);
  }
  return fields;
}

/** A value of parsed JSON, by keys and positions. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof key === 'number' ? !Array.isArray(value) : !isObject(value)) return undefined;
    if (!Object.hasOwn(value as object, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** A text or a number as a text; '' for everything else. `String` would call what the sender has put there. */
export function scalar(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The query of a URL without its `?`; '' if it has none. */
export function rawQuery(url: string): string {
  const start = url.indexOf('?');
  return start < 0 ? '' : url.slice(start + 1).replace(/#.*$/, '');
}

export function withQuery(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
