// Writes the fields of a form as a body: URL-encoded, or in parts.
import { BodyFault } from './body-fault.ts';
import { isMultipart } from './body-format.ts';
import { writeBodyText } from './body-text.ts';
import type { FormFile } from './form-fields.ts';

/**
 * @param contentType its charset, and the boundary of a form in parts, are kept
 * @throws BodyFault `invalid_body`
 */
export function writeForm(payload: unknown, contentType: string | undefined): Uint8Array {
  const fields = toFields(payload);
  return isMultipart(contentType)
    ? writeParts(fields, boundaryOf(contentType))
    : writeUrlencoded(fields, contentType);
}

type Field = [name: string, value: unknown];

function toFields(payload: unknown): Field[] {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new BodyFault('invalid_body', 'expected an object, since the body is a form');
  return Object.entries(payload).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((one): Field => [name, one]) : [[name, value] as Field],
  );
}

function writeUrlencoded(fields: Field[], contentType: string | undefined): Uint8Array {
  const pairs = fields.map(([name, value]) => {
    if (typeof value !== 'string')
      throw new BodyFault(
        'invalid_body',
        'expected a string or a list of strings for each field of the form',
      );
    return `${escapePart(name, contentType)}=${escapePart(value, contentType)}`;
  });
  return Buffer.from(pairs.join('&'));
}

/** What each byte is written as: letters, digits and `*-._` as they are, a space as a plus. */
const WRITTEN = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (/[\w*.-]/.test(char)) return char;
  return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

function escapePart(text: string, contentType: string | undefined): string {
  return Array.from(writeBodyText(text, contentType), (byte) => WRITTEN[byte]).join('');
}

function boundaryOf(contentType = ''): string {
  const named = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType);
  return named?.[1] ?? named?.[2] ?? '';
}

function writeParts(fields: Field[], boundary: string): Uint8Array {
  const parts = fields.map(([name, value]) => {
    const { head, content } = toPart(name, value);
    if (content.includes(`--${boundary}`) || head.includes(boundary))
      throw new BodyFault('invalid_body', "a field of the form has the form's boundary in it");
    return Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), content, Buffer.from('\r\n')]);
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

function toPart(name: string, value: unknown): { head: string; content: Buffer } {
  const head = `content-disposition: form-data; name="${quote(name)}"`;
  if (typeof value === 'string') return { head, content: Buffer.from(value) };
  if (!isFile(value))
    throw new BodyFault(
      'invalid_body',
      'expected a string, a file or a list of them for each field of the form',
    );
  const { filename, content_type, base64 } = value;
  const named = filename === null ? '' : `; filename="${quote(filename)}"`;
  if (/[\r\n]/.test(content_type))
    throw new BodyFault('invalid_body', 'the content_type of a file has a line break');
  return { head: `${head}${named}\r\ncontent-type: ${content_type}`, content: Buffer.from(base64, 'base64') };
}

/** As browsers do (WHATWG HTML), so that no name can end its line. */
function quote(text: string): string {
  return text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

function isFile(value: unknown): value is Pick<FormFile, 'filename' | 'content_type' | 'base64'> {
  if (typeof value !== 'object' || value === null) return false;
  const { filename, content_type, base64 } = value as Partial<FormFile>;
  const isBase64 = typeof base64 === 'string' && Buffer.from(base64, 'base64').toString('base64') === base64;
  return (filename === null || typeof filename === 'string') && typeof content_type === 'string' && isBase64;
}
