// Parses multipart/form-data: busboy finds the parts, within bounds, and each becomes a field of an object.
import { BodyFault } from './body-fault.ts';
import { FormFields, type FormFile, type FormObject } from './form-fields.ts';

/** Mail with attachments has some twenty parts. */
export const PARTS_MAX = 1_000;
/** Of one part: its name, its file name and its type. */
const PART_HEADER_MAX_BYTES = 16_384;
const PART_HEADERS_MAX = 100;

/** @throws BodyFault `invalid_body` */
export async function parseMultipart(body: Uint8Array, contentType: string): Promise<FormObject> {
  const { Busboy } = await import('@fastify/busboy'); // most processes never need it
  const limits = {
    parts: PARTS_MAX,
    headerSize: PART_HEADER_MAX_BYTES,
    headerPairs: PART_HEADERS_MAX,
    fieldSize: body.length + 1, // the body has its limit already
  };
  const fields = new FormFields();
  return await new Promise((resolve, reject) => {
    const refuse = (detail: string) => reject(new BodyFault('invalid_body', detail));
    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new Busboy({ headers: { 'content-type': contentType }, limits });
    } catch {
      return refuse('the content-type of the form names no boundary');
    }
    parser.on('field', (name: string | undefined, value) => fields.add(name ?? '', value));
    parser.on('file', (name: string | undefined, stream, filename: string | undefined, _transfer, type) => {
      // The file has its place among the fields now, and its content when it has come.
      const file: FormFile = { filename: filename ?? null, content_type: type, size: 0, base64: '' };
      fields.add(name ?? '', file);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const content = Buffer.concat(chunks);
        file.size = content.length;
        file.base64 = content.toString('base64');
      });
      stream.on('error', () => undefined); // the parser has the same error
    });
    parser.on('partsLimit', () => refuse(`the form has over ${PARTS_MAX} parts`));
    parser.on('error', () => refuse('the form does not end with its boundary'));
    parser.on('finish', () => resolve(fields.toObject()));
    parser.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}
