// One run of `analyze-document`: download, extraction, analysis, with their progress.
import type { Downloaded, TaskContext } from '../../../config/define-task.ts';
import { isTaskError, TaskError } from '../../../contracts/failures.ts';
import type { AnalysisInput } from './analysis-input.ts';
import type { AnalysisSettings } from './analysis-settings.ts';
import { fitResult } from './fit-result.ts';
import type { ModelAnalysis } from './model-answers.ts';
import { type ModelServer, readModelServer } from './model-environment.ts';
import { type ReadingResult, readInChild } from './read-in-child.ts';

export interface AnalysisRun {
  input: AnalysisInput;
  context: TaskContext;
  settings: AnalysisSettings;
}

/** Of the whole, in percent: extraction takes most of the time. */
const DOWNLOADED = 20;
const EXTRACTED = 80;

/** @throws TaskError with the codes of docs/analyze-document.md */
export async function runAnalysis(run: AnalysisRun): Promise<unknown> {
  const { context } = run;
  const byModel = chooseModel(run);
  context.report({ percent: 0, message: 'downloading the document' });
  const downloaded = await download(run);
  context.report({ percent: DOWNLOADED, message: `downloaded ${downloaded.bytes.byteLength} bytes` });
  const reading = await read(run, downloaded, byModel !== undefined);
  context.log.debug('read the document', {
    peak_memory_bytes: reading.used.peakMemoryBytes,
    cpu_ms: reading.used.cpuMs,
  });
  const result = 'result' in reading ? reading.result : await analyzeByModel(run, reading, byModel);
  context.report({ percent: 100, message: 'analysed' });
  return fitResult(result);
}

/** A server that is still away at the last attempt is the client's to look after, and no fault of this installation. */
async function download({ input, context, settings }: AnalysisRun): Promise<Downloaded> {
  const { maxBytes, downloadTimeoutMs: timeoutMs } = settings;
  try {
    return await context.download({ url: input.document_url, maxBytes, timeoutMs });
  } catch (error) {
    if (isTaskError(error) || !context.isLastAttempt || context.signal.aborted) throw error;
    throw new TaskError('document_unavailable', (error as Error).message);
  }
}

interface ByModel {
  server: ModelServer;
  model: string;
  analysis: ModelAnalysis;
}

/** undefined: the offline method analyses. */
function chooseModel({ input, settings }: AnalysisRun): ByModel | undefined {
  const server = readModelServer();
  if (server === undefined || settings.model === false || input.analysis_type === 'statistics')
    return undefined;
  return { server, model: settings.model, analysis: input.analysis_type };
}

async function read(
  { input, context, settings }: AnalysisRun,
  { bytes, contentType }: { bytes: Uint8Array; contentType: string },
  isForModel: boolean,
): Promise<ReadingResult> {
  return await readInChild({
    bytes,
    hints: { name: new URL(input.document_url).pathname, contentType },
    limits: {
      pagesMax: settings.maxPages,
      unpackedMaxBytes: settings.maxUnpackedBytes,
      timeoutMs: settings.extractTimeoutMs,
      memoryMb: settings.extractMemoryMb,
    },
    analysis: isForModel ? null : input.analysis_type,
    signal: context.signal,
    onProgress: (progress) => reportReading(context, progress),
  });
}

async function analyzeByModel(
  { context, settings }: AnalysisRun,
  reading: ReadingResult,
  byModel: ByModel | undefined,
): Promise<unknown> {
  if (byModel === undefined || !('document' in reading)) throw new Error('there is no text for the model');
  context.report({ percent: EXTRACTED, message: `${byModel.model} is analysing the text` });
  const { askModel } = await import('./ask-model.ts'); // the client loads only where there is a model
  const { document } = reading;
  return await askModel({ ...byModel, document, timeoutMs: settings.modelTimeoutMs, signal: context.signal });
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
