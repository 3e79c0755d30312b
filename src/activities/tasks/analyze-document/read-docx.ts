// Extracts the text of a Word document with mammoth, after a look at the sizes in its archive.
import { type Block, DocumentError } from './document.ts';
import { readHtml } from './read-html.ts';
import { readZipEntries } from './zip-entries.ts';

/** The XML of text shrinks to a tenth; what shrinks to less than a two-hundredth was made to fill memory. */
const RATIO_MAX = 200;
/** Below this size no ratio is looked at: an empty part may be all blanks. */
const RATIO_FROM_BYTES = 1_048_576;
const ENTRIES_MAX = 10_000;

export interface DocxReading {
  bytes: Uint8Array;
  unpackedMaxBytes: number;
}

/** @throws DocumentError */
export async function readDocx({ bytes, unpackedMaxBytes }: DocxReading): Promise<Block[]> {
  refuseBomb({ bytes, unpackedMaxBytes });
  const { default: mammoth } = await import('mammoth');
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) },
      { convertImage: mammoth.images.imgElement(async () => ({ src: '' })), includeDefaultStyleMap: true },
    );
    return readHtml(value);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    throw new DocumentError('document_damaged', 'the Word document cannot be read: it is damaged', {
      cause: error,
    });
  }
}

function refuseBomb({ bytes, unpackedMaxBytes }: DocxReading): void {
  const entries = readZipEntries(bytes);
  if (entries.some(({ isEncrypted }) => isEncrypted))
    throw new DocumentError('document_encrypted', 'the document is encrypted: save it without a password');
  const total = entries.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0);
  const isBomb = ({ packedBytes, unpackedBytes }: (typeof entries)[number]) =>
    unpackedBytes > RATIO_FROM_BYTES && unpackedBytes > packedBytes * RATIO_MAX;
  if (total <= unpackedMaxBytes && entries.length <= ENTRIES_MAX && !entries.some(isBomb)) return;
  const message = `the document unpacks to ${total} bytes; at most ${unpackedMaxBytes} are read, and no part of it may be packed tighter than ${RATIO_MAX} to 1`;
  throw new DocumentError('document_too_large', message);
}
