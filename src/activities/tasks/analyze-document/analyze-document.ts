// The task type `analyze-document`: what a config file says of it, and its defaults.
import type { TaskType } from '../../../config/define-task.ts';
import { analysisInput } from './analysis-input.ts';

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
const DEFAULTS: AnalysisSettings = {
  maxBytes: 25 * MIB,
  maxPages: 2_000, // a book of law has fewer
  maxUnpackedBytes: 256 * MIB, // ten times the largest download, as XML shrinks
  downloadTimeoutMs: 60_000, // 25 MiB at 3.5 Mbit/s
  extractTimeoutMs: 60_000, // 50 pages take 2 s; the rest is room for 1,000 pages on a busy machine
  extractMemoryMb: 512, // 50 pages take 100 MB
  model: 'gpt-5-mini', // cheap, and its context holds a contract of 300 pages
  modelTimeoutMs: 120_000, // an answer of many clauses takes a minute
};

/**
 * Makes the task type that analyses a PDF, a Word document, an HTML page, Markdown or plain text:
 * `tasks: { 'analyze-document': analyzeDocument() }`.
 *
 * @throws TypeError if an option is no positive number
 */
export function analyzeDocument(options: AnalyzeDocumentOptions = {}): TaskType<typeof analysisInput> {
  const settings: AnalysisSettings = { ...DEFAULTS, ...options };
  for (const [name, value] of Object.entries(settings))
    if (typeof value === 'number' && !(Number.isFinite(value) && value > 0))
      throw new TypeError(`analyzeDocument: ${name} is ${value}; give a number above 0`);
  return {
    input: analysisInput,
    description:
      'Reads a document (PDF, DOCX, HTML, Markdown, text) from a URL. analysis_type: ip_clauses lists the clauses about intellectual property, summary, key_terms (parties, defined terms, dates, amounts, governing law), obligations, statistics.',
    timeout: '15m', // the limits of the parts, and two answers of the model
    fromText(text) {
      const url = /https?:\/\/[^\s<>"')\]]+/.exec(text)?.[0] ?? '';
      return { document_url: url.replace(/[.,;]$/, ''), analysis_type: analysisOf(text) };
    },
    async run(input, context) {
      // Every config file imports this one: the parsers are loaded when a document comes.
      const { runAnalysis } = await import('./run-analysis.ts');
      return await runAnalysis({ input, context, settings });
    },
  };
}

function analysisOf(text: string): (typeof analysisInput)['_output']['analysis_type'] {
  if (/\bip[ _]clauses?\b|intellectual property|licen[sc]e/i.test(text)) return 'ip_clauses';
  if (/\bobligations?\b|\bduties\b/i.test(text)) return 'obligations';
  if (/\bkey[ _]terms?\b|\bparties\b|\bdefinitions?\b/i.test(text)) return 'key_terms';
  return /\bstatistics?\b|\bhow (?:long|many)\b/i.test(text) ? 'statistics' : 'summary';
}
