// Decodes the bytes of a text whose encoding nobody has told.

/**
 * A byte order mark decides; then a charset that an HTML page names; then UTF-8 if the bytes are valid UTF-8; else
 * Windows-1252, which is what old documents of the Web are in.
 */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(namedCharset(bytes)).decode(bytes);
  }
}

function namedCharset(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 1_024)).toString('latin1'); // HTML's standard looks no further
  const named = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(head)?.[1] ?? 'windows-1252';
  try {
    return new TextDecoder(named).encoding;
  } catch {
    return 'windows-1252';
  }
}
