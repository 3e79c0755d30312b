// Extracts the text of a document of any format. It runs in the child process.
import { decodeText } from './decode-text.ts';
import { type Block, DocumentError, type DocumentFormat, type DocumentText } from './document.ts';
import { readDocx } from './read-docx.ts';
import { readHtml } from './read-html.ts';
import { readMarkdown } from './read-markdown.ts';
import { readPdf } from './read-pdf.ts';
import { readText } from './read-text.ts';
import { type Hints, sniffFormat } from './sniff-format.ts';

export interface ExtractionLimits {
  pagesMax: number;
  unpackedMaxBytes: number;
}

export interface Extraction {
  bytes: Uint8Array;
  hints: Hints;
  limits: ExtractionLimits;
  onPage(page: number, pages: number): void;
}

/** @throws DocumentError */
export async function extractText(extraction: Extraction): Promise<DocumentText> {
  const format = await sniffFormat(extraction.bytes, extraction.hints);
  const { pages, blocks } = await read(format, extraction);
  if (!blocks.some(({ text }) => /[\p{L}\p{N}]/u.test(text)))
    throw new DocumentError('document_empty', 'the document has no text');
  return { format, pages, blocks };
}

async function read(
  format: DocumentFormat,
  { bytes, limits, onPage }: Extraction,
): Promise<{ pages: number | null; blocks: Block[] }> {
  switch (format) {
    case 'pdf':
      return await readPdf({ bytes, pagesMax: limits.pagesMax, onPage });
    case 'docx':
      return { pages: null, blocks: await readDocx({ bytes, unpackedMaxBytes: limits.unpackedMaxBytes }) };
    case 'html':
      return { pages: null, blocks: await readHtml(decodeText(bytes)) };
    case 'markdown':
      return { pages: null, blocks: readMarkdown(decodeText(bytes)) };
    case 'text':
      return readText(decodeText(bytes));
  }
}
