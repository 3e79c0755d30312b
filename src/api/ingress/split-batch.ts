// Cuts a body with many events into one body for each: the provider's own form with a list of one, byte for byte.
import { HttpError } from '../http/errors.ts';

/** As many as Meta sends at once, and more than others do. */
const ITEMS_MAX = 1_000;
/** Bytes of all bodies together: what surrounds the list is in each of them. */
const BYTES_MAX = 64 * 2 ** 20;

/**
 * @param body JSON that has been parsed once: it is not checked again
 * @param paths where the list may be, such as `events`, `data.events`, `entry[].changes[]`, or `` for the body itself. One
 *   of several names may have the list: `messages|statuses`. Of several paths, the one with the most items counts.
 * @returns undefined if there is no list at any of them: the body is one event
 * @throws HttpError `payload_too_large`
 */
export function splitBatch(body: Uint8Array, paths: readonly string[]): Uint8Array[] | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const start = skipSpace(bytes, bytes[0] === BOM_FIRST ? 3 : 0);
  const value: Span = { start, end: endOfValue(bytes, start) };
  let best: Span[][] | undefined;
  for (const path of paths) {
    const cuts = cutDown(bytes, value, stepsOf(path));
    if (cuts && (best === undefined || cuts.length > best.length)) best = cuts;
  }
  if (best === undefined) return undefined;
  checkSize(best);
  return best.map((spans) => Buffer.concat(spans.map(({ start, end }) => bytes.subarray(start, end))));
}

interface Step {
  /** '' for the value itself. */
  key: string;
  isList: boolean;
}

/** What a path ends with is a list, whether it says so or not. */
function stepsOf(path: string): Step[] {
  const keys = path.split('.');
  return keys.map((key, i) => ({
    key: key.replace('[]', ''),
    isList: key.endsWith('[]') || i === keys.length - 1,
  }));
}

function checkSize(cuts: Span[][]): void {
  if (cuts.length > ITEMS_MAX)
    throw new HttpError(
      'payload_too_large',
      `the body has ${cuts.length} events; at most ${ITEMS_MAX} are taken at once`,
    );
  const total = cuts.flat().reduce((sum, { start, end }) => sum + end - start, 0);
  if (total > BYTES_MAX)
    throw new HttpError(
      'payload_too_large',
      'what surrounds the events in the body is too large to go with each',
    );
}

/** From the first byte to the one after the last. */
interface Span {
  start: number;
  end: number;
}

const BOM_FIRST = 0xef;
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d];

/** @returns for each item, the spans that together are the value with that item alone; undefined if there is no list */
function cutDown(bytes: Buffer, value: Span, [step, ...inner]: Step[]): Span[][] | undefined {
  const member = step?.key ? firstOf(bytes, value, step.key) : value;
  if (member === undefined) return undefined;
  const around = (from: number, to: number, cuts: Span[][]) =>
    cuts.map((spans) => [{ start: value.start, end: from }, ...spans, { start: to, end: value.end }]);
  if (!step?.isList) {
    const cuts = cutDown(bytes, member, inner);
    return cuts && around(member.start, member.end, cuts);
  }
  if (bytes[member.start] !== BRACKET) return undefined;
  return elementsOf(bytes, member).flatMap((element) => {
    const cuts = (inner.length > 0 ? cutDown(bytes, element, inner) : undefined) ?? [[element]];
    return around(member.start + 1, member.end - 1, cuts);
  });
}

/** @param key a name, or several with `|` between them, of which the first that is there counts */
function firstOf(bytes: Buffer, value: Span, key: string): Span | undefined {
  for (const name of key.split('|')) {
    const member = memberOf(bytes, value, name);
    if (member) return member;
  }
  return undefined;
}

/** The last member of a name counts, as for `JSON.parse`. */
function memberOf(bytes: Buffer, { start }: Span, name: string): Span | undefined {
  if (bytes[start] !== BRACE) return undefined;
  let found: Span | undefined;
  let at = skipSpace(bytes, start + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = endOfString(bytes, at);
    const valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1); // after the colon
    const end = endOfValue(bytes, valueStart);
    if (JSON.parse(bytes.toString('utf8', at, keyEnd)) === name) found = { start: valueStart, end };
    at = skipSpace(bytes, end);
    if (bytes[at] !== COMMA) break;
    at = skipSpace(bytes, at + 1);
  }
  return found;
}

function elementsOf(bytes: Buffer, { start }: Span): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(bytes, start + 1);
  while (at < bytes.length && bytes[at] !== BRACKET_END) {
    const end = endOfValue(bytes, at);
    elements.push({ start: at, end });
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return elements;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++;
    else if (bytes[at] === QUOTE) return at + 1;
  }
  return bytes.length;
}

/** Brackets within strings count for nothing. Bytes of UTF-8 beyond ASCII are never one of these. */
function endOfValue(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at) - 1;
      if (depth === 0) return at + 1;
    } else if (byte === BRACKET || byte === BRACE) depth++;
    else if (byte === BRACKET_END || byte === BRACE_END) {
      if (depth === 0) return at; // of what is around it
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || byte === COLON || isSpace(byte))) return at;
  }
  return bytes.length;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
