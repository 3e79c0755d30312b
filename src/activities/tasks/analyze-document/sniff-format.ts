// Finds out by its bytes what a document is: neither its name nor its type is believed.
import { fileTypeFromBuffer } from 'file-type';
import { decodeText } from './decode-text.ts';
import { DocumentError, type DocumentFormat } from './document.ts';
import { hasZipEntry, readZipEntries } from './zip-entries.ts';

/** A PDF may have other bytes before its header: readers look for it in the first KiB (ISO 32000-1, annex H.3.4.1). */
const PDF_HEADER_WITHIN = 1_024;
/** An HTML page may begin with long comments; what has no tag of HTML in here is plain text. */
const HTML_WITHIN_CHARS = 4_096;
/** Text has a few control characters at most; what has more is data. */
const CONTROLS_MAX_SHARE = 0.01;

export interface Hints {
  /** Of the URL, such as `terms.md`. */
  name: string;
  contentType: string;
}

/** @param hints tell Markdown from plain text alone, which have the same bytes */
export async function sniffFormat(bytes: Uint8Array, hints: Hints): Promise<DocumentFormat> {
  if (bytes.length === 0) throw new DocumentError('document_empty', 'the document has no bytes');
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, PDF_HEADER_WITHIN));
  if (head.includes('%PDF-')) return 'pdf';
  if (isZip(bytes)) return sniffZip(bytes);
  const type = await fileTypeFromBuffer(bytes);
  if (type !== undefined && !type.mime.endsWith('xml')) throw refuse(bytes, type.mime);
  return sniffText(bytes, hints);
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}

function sniffZip(bytes: Uint8Array): DocumentFormat {
  if (hasZipEntry(readZipEntries(bytes), 'word/document.xml')) return 'docx';
  throw new DocumentError('document_unsupported', 'the document is an archive, but no Word document (.docx)');
}

/** Word writes a .docx with a password as an OLE file with a stream of this name. */
function refuse(bytes: Uint8Array, mime: string): DocumentError {
  const encrypted = Buffer.from('EncryptedPackage', 'utf16le');
  if (mime === 'application/x-cfb' && Buffer.from(bytes).includes(encrypted))
    return new DocumentError('document_encrypted', 'the document is encrypted: save it without a password');
  const fix = 'use PDF, DOCX, HTML, Markdown or plain text';
  return new DocumentError('document_unsupported', `the document is ${mime}, which is not read: ${fix}`);
}

function sniffText(bytes: Uint8Array, hints: Hints): DocumentFormat {
  const text = decodeText(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it counts them
  const controls = text.slice(0, 65_536).match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g) ?? [];
  if (controls.length > CONTROLS_MAX_SHARE * Math.min(text.length, 65_536))
    throw new DocumentError('document_unsupported', 'the document is neither text nor a known format');
  if (
    /<(!doctype html|html|head|body|title|meta|div|p|h1|table)[\s>]/i.test(text.slice(0, HTML_WITHIN_CHARS))
  )
    if (/^\s*(\ufeff)?</.test(text)) return 'html';
  return isMarkdown(text, hints) ? 'markdown' : 'text';
}

function isMarkdown(text: string, { name, contentType }: Hints): boolean {
  if (/\.(md|markdown)$/i.test(name) || /^text\/(x-)?markdown/i.test(contentType)) return true;
  const marks = [/^#{1,6} \S/m, /\*\*\S[^*\n]*\*\*/, /\]\(\S+\)/, /^(```|~~~)/m, /^\|.*\|\s*$/m];
  return marks.filter((mark) => mark.test(text)).length >= 2;
}
