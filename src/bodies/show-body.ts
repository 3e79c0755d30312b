// Shows a body to people in JSON, and makes a body again of what they have corrected.
import { parseExactly } from '../contracts/exact-json.ts';
import { BodyFault } from './body-fault.ts';
import type { BodyFormat } from './body-format.ts';
import { readBodyText, writeBodyText } from './body-text.ts';
import { decodeBody, parseForm, toJsonText } from './parse-body.ts';
import { writeForm } from './write-form.ts';

export interface ShownBody {
  payload: unknown;
  /** Set for bytes, which JSON cannot hold. */
  payload_encoding?: 'base64';
}

/** Numbers keep their digits. What cannot be read as its kind is shown as bytes: a view must not fail for it. */
export async function showBody(body: Uint8Array, format: BodyFormat): Promise<ShownBody> {
  try {
    const bytes = decodeBody(body, format);
    switch (format.kind) {
      case 'json':
        return { payload: showJson(bytes) };
      case 'form':
        return { payload: await parseForm(bytes, format.contentType) };
      case 'text':
        return { payload: readBodyText(bytes, format.contentType) };
      case 'bytes':
        return showBytes(bytes);
    }
  } catch {
    return showBytes(body);
  }
}

function showBytes(bytes: Uint8Array): ShownBody {
  return { payload: Buffer.from(bytes).toString('base64'), payload_encoding: 'base64' };
}

/** A string if the body is not JSON, which the ingress has not let pass. */
export function showJson(bytes: Uint8Array): unknown {
  const text = toJsonText(bytes);
  try {
    return parseExactly(text);
  } catch {
    return text;
  }
}

/**
 * Makes the body of an event out of a payload in the form in which `showBody` shows it, without a content encoding.
 *
 * @throws BodyFault `invalid_body`
 */
export function writeBody(payload: unknown, format: BodyFormat): Uint8Array {
  switch (format.kind) {
    case 'json':
      return Buffer.from(JSON.stringify(payload));
    case 'form':
      return writeForm(payload, format.contentType);
    case 'text':
      if (typeof payload !== 'string')
        throw new BodyFault('invalid_body', 'expected a string, since the body is text');
      return writeBodyText(payload, format.contentType);
    case 'bytes':
      return fromBase64(payload, 'expected the base64 of the bytes, since the body is bytes');
  }
}

function fromBase64(value: unknown, expected: string): Uint8Array {
  const bytes = Buffer.from(typeof value === 'string' ? value : '', 'base64');
  if (bytes.toString('base64') !== value) throw new BodyFault('invalid_body', expected);
  return bytes;
}
