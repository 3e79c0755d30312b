// The options of `analyze-document`, and their defaults.

export interface AnalyzeDocumentOptions {
  /** Larger documents fail as `document_too_large`. Bytes; 25 MiB by default. */
  maxBytes?: number;
  /** PDFs with more pages fail as `document_too_large`. 2,000 by default. */
  maxPages?: number;
  /** DOCX files that unpack to more fail as `document_too_large`. Bytes; 256 MiB by default. */
  maxUnpackedBytes?: number;
  /** For the download. Milliseconds; 60,000 by default. */
  downloadTimeoutMs?: number;
  /** For reading and analysing the document; then it fails as `document_too_slow`. Milliseconds; 60,000 by default. */
  extractTimeoutMs?: number;
  /** Heap of the process that reads the document; beyond, it fails as `document_too_complex`. MB; 512 by default. */
  extractMemoryMb?: number;
  /**
   * The model that analyses, where the environment has `OPENAI_API_KEY`; `gpt-5-mini` by default. `false`: no document
   * leaves this machine, whatever the environment has.
   */
  model?: string | false;
  /** For one answer of the model. Milliseconds; 120,000 by default. */
  modelTimeoutMs?: number;
}

export type AnalysisSettings = Required<AnalyzeDocumentOptions>;

const MIB = 1_048_576;
export const DEFAULT_SETTINGS: AnalysisSettings = {
  maxBytes: 25 * MIB,
  maxPages: 2_000, // a book of law has fewer
  maxUnpackedBytes: 256 * MIB, // ten times the largest download, as XML shrinks
  downloadTimeoutMs: 60_000, // 25 MiB at 3.5 Mbit/s
  extractTimeoutMs: 60_000, // 50 pages take 2 s; the rest is room for 1,000 pages on a busy machine
  extractMemoryMb: 512, // 50 pages take 100 MB
  model: 'gpt-5-mini', // cheap, and its context holds a contract of 300 pages
  modelTimeoutMs: 120_000, // an answer of many clauses takes a minute
};
