// Reads the bytes of a body as text, and writes text as bytes again.
import { BodyFault } from './body-fault.ts';
import { charsetOf } from './body-format.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws BodyFault `invalid_body`: a text with replacement characters would hide that something is wrong */
export function readBodyText(bytes: Uint8Array, contentType: string | undefined): string {
  const charset = charsetOf(contentType);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (charset) {
    case undefined:
      throw new BodyFault('invalid_body', 'the charset is not read; send utf-8, us-ascii or iso-8859-1');
    case 'iso-8859-1':
      return view.toString('latin1');
    case 'us-ascii':
      if (view.some((byte) => byte > 0x7f))
        throw new BodyFault('invalid_body', 'the body is not the ASCII that its charset says');
      return view.toString('latin1');
    case 'utf-8':
      try {
        return utf8.decode(bytes);
      } catch {
        throw new BodyFault('invalid_body', 'the body is not valid UTF-8');
      }
  }
}

/** @throws BodyFault `invalid_body` if the charset lacks a character of the text */
export function writeBodyText(text: string, contentType: string | undefined): Uint8Array {
  const charset = charsetOf(contentType) ?? 'utf-8';
  if (charset === 'utf-8') return Buffer.from(text, 'utf8');
  const last = charset === 'us-ascii' ? 0x7f : 0xff;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > last)
      throw new BodyFault('invalid_body', `the text has a character that is not in ${charset}`);
  }
  return Buffer.from(text, 'latin1');
}
