// Makes real documents for the tests: PDFs by pdfkit, Word documents by a zip writer, and the context of a task.
import { crc32, deflateRawSync } from 'node:zlib';
import PDFDocument from 'pdfkit';
import type { Downloaded, TaskContext, TaskProgress } from '../../src/config/define-task.ts';

export interface PdfPage {
  paragraphs?: string[];
  header?: string;
  footer?: string;
}

/** @param password needed to open it */
export async function makePdf(pages: readonly PdfPage[], password?: string): Promise<Buffer> {
  const encryption = password === undefined ? {} : { userPassword: password, pdfVersion: '1.7' as const };
  const pdf = new PDFDocument({ margin: 72, size: 'A4', ...encryption });
  const parts: Buffer[] = [];
  const ended = new Promise((resolve) =>
    pdf.on('data', (part: Buffer) => parts.push(part)).on('end', resolve),
  );
  for (const [i, { paragraphs = [], header, footer }] of pages.entries()) {
    if (i > 0) pdf.addPage();
    if (header !== undefined) pdf.fontSize(8).text(header, 72, 40, { lineBreak: false });
    if (footer !== undefined) pdf.fontSize(8).text(footer, 72, 760, { lineBreak: false });
    pdf.fontSize(11).text('', 72, 72);
    for (const paragraph of paragraphs) pdf.text(paragraph).moveDown();
    if (paragraphs.length === 0) pdf.rect(100, 100, 300, 400).fill('#888888'); // a picture, as a scan is one
  }
  pdf.end();
  await ended;
  return Buffer.concat(parts);
}

export interface ZipPart {
  name: string;
  content: string | Buffer;
  /** The size that the archive says it has, if that is a lie. */
  claimedBytes?: number;
}

export function makeZip(parts: readonly ZipPart[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, content, claimedBytes } of parts) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(claimedBytes ?? bytes.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const file = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]));
    files.push(file);
    at += file.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(parts.length, 8);
  end.writeUInt16LE(parts.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, entries, end]);
}

/** @param paragraphs those that begin with `# ` are headings */
export function makeDocx(paragraphs: readonly string[], extra: readonly ZipPart[] = []): Buffer {
  const body = paragraphs.map((text) => {
    const style = text.startsWith('# ') ? '<w:pPr><w:pStyle w:val="Heading1"/></w:pPr>' : '';
    return `<w:p>${style}<w:r><w:t xml:space="preserve">${text.replace(/^# /, '')}</w:t></w:r></w:p>`;
  });
  const main = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml';
  const relation = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument';
  return makeZip([
    {
      name: '[Content_Types].xml',
      content: `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="${main}"/></Types>`,
    },
    {
      name: '_rels/.rels',
      content: `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${relation}" Target="word/document.xml"/></Relationships>`,
    },
    {
      name: 'word/document.xml',
      content: `<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>${body.join('')}</w:body></w:document>`,
    },
    ...extra,
  ]);
}

export interface Task {
  context: TaskContext;
  progress: TaskProgress[];
  abort: (reason: Error) => void;
}

/** The context of a task whose download gives these bytes. */
export function makeTask(bytes: Uint8Array | Error, contentType = ''): Task {
  const controller = new AbortController();
  const progress: TaskProgress[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const context: TaskContext = {
    taskId: 'task_1',
    idempotencyKey: 'key_1',
    attempt: 1,
    isLastAttempt: false,
    signal: controller.signal,
    log,
    checkpoint: undefined,
    report: (said) => void progress.push(said),
    ask: async () => {
      throw new Error('this task asks nothing');
    },
    download: async (): Promise<Downloaded> => {
      if (bytes instanceof Error) throw bytes;
      return { bytes, contentType };
    },
  };
  return { context, progress, abort: (reason) => controller.abort(reason) };
}

/** A licence of three pages, with a header and a page number on each. */
export const LICENSE_PAGES: readonly PdfPage[] = [
  {
    header: 'Acme Confidential',
    footer: 'Page 1 of 3',
    paragraphs: [
      'SOFTWARE LICENSE AGREEMENT',
      'This Agreement is made on March 3, 2026 by and between Acme Tools Inc., a Delaware corporation ("Licensor"), and Borealis GmbH, a company under German law ("Licensee").',
      '1. DEFINITIONS',
      '"Software" means the program Acme Planner in object code, with its Documentation.',
      '2. LICENSE',
      '2.1 Grant. Licensor hereby grants to Licensee a non-exclusive, non-transferable license to use the Software at its own sites during the Term.',
      '2.2 Fees. Licensee shall pay to Licensor a fee of $12,500.00 within thirty days of the invoice.',
    ],
  },
  {
    header: 'Acme Confidential',
    footer: 'Page 2 of 3',
    paragraphs: [
      '3. OWNERSHIP',
      '3.1 All improvements of the Software that are made by either party shall be the sole and exclusive property of Licensor, and Licensee hereby assigns to Licensor all right, title and interest in and to them.',
      '3.2 Licensee shall not contest the validity of the Trademarks of Licensor.',
    ],
  },
  {
    header: 'Acme Confidential',
    footer: 'Page 3 of 3',
    paragraphs: [
      '4. GENERAL',
      '4.1 Neither party may assign this Agreement without the prior written consent of the other party.',
      '4.2 This Agreement is governed by the laws of the State of Delaware.',
    ],
  },
];
