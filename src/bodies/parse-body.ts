// Parses the body of an event as its kind says: what a handler and a schema see as the payload.
import { STORED_MAX_BYTES } from '../contracts/limits.ts';
import { BodyFault } from './body-fault.ts';
import { type BodyFormat, isJsonType, isMultipart, mediaTypeOf } from './body-format.ts';
import { readBodyText } from './body-text.ts';
import { decodeContent } from './decode-content.ts';
import type { FormObject } from './form-fields.ts';
import { parseMultipart } from './parse-multipart.ts';
import { parseUrlencoded } from './parse-urlencoded.ts';

/** @throws BodyFault, or SyntaxError for JSON */
export async function parseBody(body: Uint8Array, format: BodyFormat): Promise<unknown> {
  if (format.kind !== 'form') return parseBodyNow(body, { ...format, kind: format.kind });
  return await parseForm(decodeBody(body, format), format.contentType);
}

/** As `parseBody`, for every kind but a form, whose parts come one after the other. */
export function parseBodyNow(
  body: Uint8Array,
  format: BodyFormat & { kind: Exclude<BodyFormat['kind'], 'form'> },
): unknown {
  const bytes = decodeBody(body, format);
  switch (format.kind) {
    case 'json':
      return JSON.parse(toJsonText(bytes));
    case 'text':
      return readBodyText(bytes, format.contentType);
    case 'bytes':
      return bytes;
  }
}

/** The ingress has held the body to the limit of its source, which is at most this one. */
export function decodeBody(body: Uint8Array, { contentEncoding }: BodyFormat): Uint8Array {
  return decodeContent(body, contentEncoding, STORED_MAX_BYTES);
}

/** The ingress has found the body to be UTF-8. */
export function toJsonText(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.toString('utf8').replace(/^\uFEFF/, '');
}

/** @throws BodyFault `invalid_body` */
export async function parseForm(bytes: Uint8Array, contentType: string | undefined): Promise<FormObject> {
  if (contentType !== undefined && isMultipart(contentType)) return await parseMultipart(bytes, contentType);
  // Any text is a form of one field: what says that it is JSON is not taken for one.
  if (isJsonType(mediaTypeOf(contentType))) throw new BodyFault('invalid_body', 'the body is not a form');
  return parseUrlencoded(bytes, contentType);
}
