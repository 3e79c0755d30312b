// What the child process that reads a document is told, and what it answers.
import type { AnalysisType, DocumentErrorCode, DocumentText } from './document.ts';
import type { ExtractionLimits } from './extract-text.ts';
import type { Hints } from './sniff-format.ts';

/** It is the child's one argument, as JSON; the document itself comes by standard input. */
export interface ChildRequest {
  hints: Hints;
  limits: ExtractionLimits;
  /** null: the text is wanted, since a model does the analysis. */
  analysis: AnalysisType | null;
  /** Resident bytes of the process; the guard ends it beyond. */
  memoryMaxBytes: number;
}

/** By the process, from its start on. */
export interface UsedResources {
  /** Resident, at its highest. */
  peakMemoryBytes: number;
  cpuMs: number;
}

export type ChildAnswer =
  | { type: 'page'; page: number; pages: number }
  | { type: 'extracted' }
  | { type: 'analyzed'; result: unknown; used: UsedResources }
  | { type: 'text'; document: DocumentText; used: UsedResources }
  | { type: 'refused'; code: DocumentErrorCode; message: string }
  /** An error of ours: no document should cause it. */
  | { type: 'broken'; message: string };
