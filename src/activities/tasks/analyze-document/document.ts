// What a document is once its text has been extracted: the form that every analysis reads.

export const ANALYSIS_TYPES = ['ip_clauses', 'summary', 'key_terms', 'obligations', 'statistics'] as const;
export type AnalysisType = (typeof ANALYSIS_TYPES)[number];

export type DocumentFormat = 'pdf' | 'docx' | 'html' | 'markdown' | 'text';

/** A paragraph, a heading, an item of a list, or a row of a table. */
export interface Block {
  /** In one line: white space is folded. */
  text: string;
  /** The page on which it begins, from 1; null where the format has no pages. */
  page: number | null;
  /** 1 to 6 for a heading that the format itself marks as one, null for everything else. */
  level: number | null;
}

export interface DocumentText {
  format: DocumentFormat;
  /** null where the format has no pages. */
  pages: number | null;
  blocks: Block[];
}

/** As the child process sends them to its parent; codes are those of a `TaskError`. */
export type DocumentErrorCode =
  | 'document_damaged'
  | 'document_empty'
  | 'document_encrypted'
  | 'document_scanned'
  | 'document_too_complex'
  | 'document_too_large'
  | 'document_too_slow'
  | 'document_unsupported';

/** Says why no text can be had of a document. */
export class DocumentError extends Error {
  override name = 'DocumentError';
  readonly code: DocumentErrorCode;

  constructor(code: DocumentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Folds white space, and takes out what no reader sees: control characters, soft hyphens, zero-width spaces. */
export function foldText(text: string): string {
  return text.replace(UNSEEN, '').replace(/\s+/g, ' ').trim();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNSEEN = /[\u0000-\u0008\u000e-\u001f\u007f\u00ad\u200b-\u200d\u2060\ufeff]/g;
