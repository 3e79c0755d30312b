// Extracts the lines of a PDF with pdf.js, and makes paragraphs of them.
import type { TextItem, TextMarkedContent } from 'pdfjs-dist/types/src/display/api.js';
import { type Block, DocumentError } from './document.ts';
import { dropFurniture } from './drop-furniture.ts';
import { joinLines } from './join-lines.ts';
import type { Line } from './line.ts';

/** Fewer letters than this on each page, on average, are stamps and page numbers on pictures of pages. */
const SCANNED_MAX_LETTERS_PER_PAGE = 16;

export interface PdfReading {
  bytes: Uint8Array;
  pagesMax: number;
  onPage(page: number, pages: number): void;
}

/** @throws DocumentError */
export async function readPdf({
  bytes,
  pagesMax,
  onPage,
}: PdfReading): Promise<{ pages: number; blocks: Block[] }> {
  const pdf = await openPdf(bytes);
  const pages = pdf.numPages;
  if (pages > pagesMax)
    throw new DocumentError(
      'document_too_large',
      `the document has ${pages} pages; at most ${pagesMax} are read`,
    );
  const byPage: Line[][] = [];
  for (let number = 1; number <= pages; number++) {
    byPage.push(await readLines(pdf, number));
    onPage(number, pages);
  }
  refuseScanned(byPage);
  return { pages, blocks: joinLines(dropFurniture(byPage)) };
}

type Pdf = Awaited<ReturnType<typeof openPdf>>;

async function openPdf(bytes: Uint8Array) {
  // The build for Node: the modern one needs functions that Node 22 lacks.
  const { getDocument, VerbosityLevel } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  try {
    return await getDocument({
      data: bytes,
      verbosity: VerbosityLevel.ERRORS,
      useSystemFonts: false,
      disableFontFace: true, // nothing is drawn
      useWasm: false,
    }).promise;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    if (name === 'PasswordException')
      throw new DocumentError('document_encrypted', 'the document is encrypted: save it without a password');
    throw new DocumentError('document_damaged', 'the PDF cannot be read: it is cut off or damaged', {
      cause: error,
    });
  }
}

async function readLines(pdf: Pdf, number: number): Promise<Line[]> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  page.cleanup(); // frees the page's objects: memory stays level over a long document
  const lines: Line[] = [];
  const parts: TextItem[] = [];
  for (const item of items) {
    if (!isText(item)) continue;
    if (isElsewhere(parts.at(-1), item)) lines.push(...toLine(parts.splice(0), number));
    parts.push(item);
    if (!item.hasEOL) continue;
    lines.push(...toLine(parts.splice(0), number));
  }
  lines.push(...toLine(parts, number));
  return lines;
}

function isText(item: TextItem | TextMarkedContent): item is TextItem {
  return 'str' in item;
}

/** pdf.js tells no end of line before a footer that the page draws out of order. */
function isElsewhere(before: TextItem | undefined, item: TextItem): boolean {
  if (before === undefined || item.str.trim() === '') return false;
  const rise = Math.abs((item.transform[5] as number) - (before.transform[5] as number));
  return rise > Math.max(before.height, item.height, 1);
}

/** No line where nothing is printed. */
function toLine(parts: readonly TextItem[], page: number): Line[] {
  const text = parts.map(({ str }) => str).join('');
  const printed = parts.filter(({ str }) => str.trim() !== '');
  const [first] = printed;
  const last = printed.at(-1);
  if (first === undefined || last === undefined) return [];
  const [, , , , x, y] = first.transform as number[];
  const right = (last.transform[4] as number) + last.width;
  const size = Math.max(...printed.map(({ height }) => height));
  return [{ text, page, x: x ?? 0, y: y ?? 0, right, size }];
}

function refuseScanned(byPage: readonly Line[][]): void {
  const letters = byPage.flat().reduce((sum, { text }) => sum + (text.match(/\p{L}/gu)?.length ?? 0), 0);
  const isScanned =
    byPage.length > 1 ? letters < SCANNED_MAX_LETTERS_PER_PAGE * byPage.length : letters === 0;
  if (!isScanned) return;
  const message = `the document has ${byPage.length} pages and no text: run text recognition (OCR) over the scan first`;
  throw new DocumentError('document_scanned', message);
}
