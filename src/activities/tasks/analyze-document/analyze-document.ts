// The task type `analyze-document`: its input, and what runs it.
import type { TaskType } from '../../../config/define-task.ts';
import { analysisInput } from './analysis-input.ts';
import { type AnalysisSettings, type AnalyzeDocumentOptions, DEFAULT_SETTINGS } from './analysis-settings.ts';
import type { AnalysisType } from './document.ts';

/**
 * Makes the task type that analyses a PDF, a Word document, an HTML page, Markdown or plain text:
 * `tasks: { 'analyze-document': analyzeDocument() }`.
 *
 * @throws TypeError if an option is no positive number
 */
export function analyzeDocument(options: AnalyzeDocumentOptions = {}): TaskType<typeof analysisInput> {
  const settings: AnalysisSettings = { ...DEFAULT_SETTINGS, ...options };
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

function analysisOf(text: string): AnalysisType {
  if (/\bip[ _]clauses?\b|intellectual property|licen[sc]e/i.test(text)) return 'ip_clauses';
  if (/\bobligations?\b|\bduties\b/i.test(text)) return 'obligations';
  if (/\bkey[ _]terms?\b|\bparties\b|\bdefinitions?\b/i.test(text)) return 'key_terms';
  return /\bstatistics?\b|\bhow (?:long|many)\b/i.test(text) ? 'statistics' : 'summary';
}
