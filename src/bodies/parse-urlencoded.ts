// Parses application/x-www-form-urlencoded as browsers do (WHATWG URL), in the charset of its content type.
import { BodyFault } from './body-fault.ts';
import { charsetOf } from './body-format.ts';
import { FormFields, type FormObject } from './form-fields.ts';

/** More than any known webhook, and few enough that their objects are no larger than those of JSON of the same size. */
export const FIELDS_MAX = 10_000;
const PLUS = 0x2b;
const SPACE = 0x20;
const PERCENT = 0x25;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Bytes that are no UTF-8 become replacement characters, since senders such as PayPal name their charset in a field only;
 * whoever needs such a field has the raw body.
 *
 * @throws BodyFault `invalid_body` if there are too many fields
 */
export function parseUrlencoded(body: Uint8Array, contentType: string | undefined): FormObject {
  // In latin1 each character is one byte: the charset counts after the percent signs are gone.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  const fields = new FormFields();
  const isLatin1 = charsetOf(contentType) === 'iso-8859-1';
  const decode = (part: string) => decodePart(part, isLatin1);
  let count = 0;
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('&', at);
    const end = next < 0 ? text.length : next;
    if (end > at) {
      count += 1;
      if (count > FIELDS_MAX) throw new BodyFault('invalid_body', `the form has over ${FIELDS_MAX} fields`);
      const pair = text.slice(at, end);
      const equals = pair.indexOf('=');
      if (equals < 0) fields.add(decode(pair), '');
      else fields.add(decode(pair.slice(0, equals)), decode(pair.slice(equals + 1)));
    }
    at = end + 1;
  }
  return fields.toObject();
}

function decodePart(part: string, isLatin1: boolean): string {
  const bytes = unescapePart(part);
  return isLatin1 ? bytes.toString('latin1') : utf8.decode(bytes);
}

/** A percent sign without two hexadecimal digits stands for itself. */
function unescapePart(part: string): Buffer {
  const bytes = Buffer.from(part, 'latin1');
  let size = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] as number;
    if (byte === PLUS) byte = SPACE;
    else if (byte === PERCENT) {
      const digits = part.slice(i + 1, i + 3);
      if (/^[0-9a-f]{2}$/i.test(digits)) {
        byte = Number.parseInt(digits, 16);
        i += 2;
      }
    }
    bytes[size++] = byte; // never ahead of what is read
  }
  return bytes.subarray(0, size);
}
