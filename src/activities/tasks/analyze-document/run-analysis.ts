// One run of `analyze-document`: download, extraction, analysis, with their progress.
import type { TaskContext } from '../../../config/define-task.ts';
import type { AnalysisInput } from './analysis-input.ts';
import type { AnalysisSettings } from './analyze-document.ts';
import { readInChild } from './read-in-child.ts';

export interface AnalysisRun {
  input: AnalysisInput;
  context: TaskContext;
  settings: AnalysisSettings;
}

/** Of the whole, in percent: extraction takes most of the time. */
const DOWNLOADED = 20;
const EXTRACTED = 80;

/** @throws TaskError with the codes of docs/analyze-document.md */
export async function runAnalysis({ input, context, settings }: AnalysisRun): Promise<unknown> {
  context.report({ percent: 0, message: 'downloading the document' });
  const { bytes, contentType } = await context.download({
    url: input.document_url,
    maxBytes: settings.maxBytes,
    timeoutMs: settings.downloadTimeoutMs,
  });
  context.report({ percent: DOWNLOADED, message: `downloaded ${bytes.byteLength} bytes` });
  const reading = await readInChild({
    bytes,
    hints: { name: new URL(input.document_url).pathname, contentType },
    limits: {
      pagesMax: settings.maxPages,
      unpackedMaxBytes: settings.maxUnpackedBytes,
      timeoutMs: settings.extractTimeoutMs,
      memoryMb: settings.extractMemoryMb,
    },
    analysis: input.analysis_type,
    signal: context.signal,
    onProgress: (progress) => reportReading(context, progress),
  });
  context.report({ percent: 100, message: 'analysed' });
  return 'result' in reading ? reading.result : reading.document;
}

type ReadingProgress = { page: number; pages: number } | 'extracted';

function reportReading(context: TaskContext, progress: ReadingProgress): void {
  if (progress === 'extracted') {
    context.report({ percent: EXTRACTED, message: 'analysing the text' });
    return;
  }
  const { page, pages } = progress;
  const percent = Math.round(DOWNLOADED + (EXTRACTED - DOWNLOADED) * (page / pages));
  context.report({ percent, message: `page ${page} of ${pages}` });
}
