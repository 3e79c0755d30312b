// Runs one analysis over the text of a document, without a model. It runs in the child process.
import type { AnalysisType, DocumentText } from './document.ts';
import { findIpClauses } from './find-ip-clauses.ts';
import { findKeyTerms } from './find-key-terms.ts';
import { findObligations } from './find-obligations.ts';
import { measureText } from './measure-text.ts';
import { summarize } from './summarize.ts';

/** The results are those that docs/analyze-document.md shows. */
export function analyzeText(analysis: AnalysisType, document: DocumentText): unknown {
  switch (analysis) {
    case 'ip_clauses':
      return { ip_clauses: findIpClauses(document) };
    case 'summary':
      return summarize(document);
    case 'key_terms':
      return findKeyTerms(document);
    case 'obligations':
      return { obligations: findObligations(document) };
    case 'statistics':
      return measureText(document);
  }
}
