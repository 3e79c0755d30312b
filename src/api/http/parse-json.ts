// Parses a request's body as JSON, within bounds that every reader after it can rely on.
import { HttpError } from './errors.ts';

/** Deeper than any known webhook, and shallow enough for every recursive reader after the parser. */
const MAX_DEPTH = 200;
/** A smaller body is parsed on the event loop in 1 to 5 ms, which is less than what a message to a thread may wait. */
export const ASIDE_FROM_BYTES = 262_144;
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
