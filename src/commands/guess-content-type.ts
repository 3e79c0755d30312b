// Guesses the content type of a file that is sent: from its source, its name, and how it begins.
import { extname } from 'node:path';
import type { BodyKind } from '../contracts/event.ts';

const BY_EXTENSION: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.form': 'application/x-www-form-urlencoded',
  '.xml': 'application/xml',
  '.txt': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
};

export interface GuessOptions {
  /** `SourceConfig.body` */
  expected: BodyKind | undefined;
  body: Uint8Array;
  /** `-` for standard input. */
  file?: string;
}

/** A type by the file's name holds only if it is of the kind that the source expects. */
export function guessContentType({ expected, body, file = '-' }: GuessOptions): string {
  const byName = BY_EXTENSION[extname(file).toLowerCase()];
  switch (expected) {
    case 'json':
      return 'application/json';
    case 'form':
      return multipartOf(body) ?? 'application/x-www-form-urlencoded';
    case 'text':
      return byName && /^text\/|xml$/.test(byName) ? byName : 'text/plain; charset=utf-8';
    case 'bytes':
      return byName ?? 'application/octet-stream';
    case undefined:
      return byName ?? byContent(body);
  }
}

/** The boundary of a form in parts is its first line. */
function multipartOf(body: Uint8Array): string | undefined {
  const beginning = Buffer.from(body.subarray(0, 100)).toString('latin1');
  const boundary = /^--([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])\r\n/.exec(beginning)?.[1];
  return boundary && `multipart/form-data; boundary="${boundary}"`;
}

function byContent(body: Uint8Array): string {
  const parts = multipartOf(body);
  if (parts) return parts;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    // What begins like JSON is to be refused as such, should it not be.
    if (/^\s*[[{]/.test(text) || isJson(text)) return 'application/json';
    if (!text.includes('\0')) return 'text/plain; charset=utf-8';
  } catch {
    // no text
  }
  return 'application/octet-stream';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
