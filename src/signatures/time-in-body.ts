// Finds the time of a request in its JSON body, where Linear has it, without parsing a large body.

/**
 * The body is parsed only where the key is there more than once: a text in it may be the key of something else.
 *
 * @returns the digits as they are written; '' if there are none
 */
export function timeInBody(body: Uint8Array, field: string): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const key = `"${field}"`;
  const at = indexOfKey(bytes, key, 0);
  if (at < 0) return '';
  const behind = at + key.length;
  if (indexOfKey(bytes, key, behind) < 0) {
    const [, digits = ''] = /^\s*:\s*(\d{1,15})\b/.exec(bytes.toString('latin1', behind, behind + 40)) ?? [];
    return digits;
  }
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))?.[field];
    return typeof value === 'number' ? String(value) : '';
  } catch {
    return '';
  }
}

/** Quotes are everywhere in JSON, and capital letters are rare: searching from one on takes a twentieth of the time. */
function indexOfKey(bytes: Buffer, key: string, from: number): number {
  const before = Math.max(key.search(/[A-Z]/), 0);
  const rare = key.slice(before);
  let found = bytes.indexOf(rare, from + before);
  while (found >= 0) {
    const at = found - before;
    if (bytes.toString('latin1', at, at + key.length) === key) return at;
    found = bytes.indexOf(rare, found + 1);
  }
  return -1;
}
