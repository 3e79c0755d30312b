// Reads a document in a process of its own, which ends when its time or its memory is over.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TaskError } from '../../../contracts/failures.ts';
import type { ChildAnswer, ChildRequest, UsedResources } from './child-messages.ts';
import type { AnalysisType, DocumentText } from './document.ts';
import type { ExtractionLimits } from './extract-text.ts';
import type { Hints } from './sniff-format.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
const MIB = 1_048_576;
/** Beside the heap, a process has Node's own memory, the parsers' code and the document's bytes: 110 MB measured. */
const OWN_MEMORY_MB = 192;

export interface Reading {
  bytes: Uint8Array;
  hints: Hints;
  limits: ExtractionLimits & { timeoutMs: number; memoryMb: number };
  analysis: AnalysisType | null;
  signal: AbortSignal;
  onProgress(progress: { page: number; pages: number } | 'extracted'): void;
}

export type ReadingResult = ({ result: unknown } | { document: DocumentText }) & { used: UsedResources };

/**
 * @throws TaskError with the code of what is wrong with the document
 * @throws the signal's reason, once the process has ended
 */
export async function readInChild(reading: Reading): Promise<ReadingResult> {
  reading.signal.throwIfAborted();
  const child = start(reading);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, reading.limits.timeoutMs);
  const abort = () => child.kill('SIGKILL');
  reading.signal.addEventListener('abort', abort, { once: true });
  try {
    const { answer, how } = await untilExit(child, reading);
    reading.signal.throwIfAborted();
    if (answer !== undefined) return toResult(answer);
    throw isLate ? tooSlow(reading) : tooLargeForMemory(reading, how);
  } finally {
    clearTimeout(timer);
    reading.signal.removeEventListener('abort', abort);
    child.kill('SIGKILL');
  }
}

/**
 * A parser that a document has taken over can do little: it has an empty environment, and Node's permission model
 * lets it write no file, start no process and load no native code.
 */
function start({ bytes, hints, limits, analysis }: Reading): ChildProcess {
  const { pagesMax, unpackedMaxBytes, memoryMb } = limits;
  const memoryMaxBytes = (memoryMb + OWN_MEMORY_MB) * MIB;
  const request: ChildRequest = { hints, limits: { pagesMax, unpackedMaxBytes }, analysis, memoryMaxBytes };
  const child = fork(ENTRY, [JSON.stringify(request)], {
    serialization: 'advanced',
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    env: {},
    execArgv: [`--max-old-space-size=${memoryMb}`, '--permission', '--allow-fs-read=*', '--allow-worker'],
  });
  child.stdin?.on('error', () => undefined); // its exit says what was wrong
  child.stdin?.end(bytes);
  return child;
}

/** The answer, or how the process has ended without one. */
function untilExit(
  child: ChildProcess,
  { onProgress }: Reading,
): Promise<{ answer: ChildAnswer | undefined; how: string }> {
  return new Promise((resolve, reject) => {
    let answer: ChildAnswer | undefined;
    child.on('message', (message: ChildAnswer) => {
      if (message.type === 'page') onProgress({ page: message.page, pages: message.pages });
      else if (message.type === 'extracted') onProgress('extracted');
      else answer = message;
    });
    child.once('error', reject);
    // After `exit`, and after the last message.
    child.once('close', (code, signal) => resolve({ answer, how: signal ?? `exit code ${code}` }));
  });
}

function toResult(answer: ChildAnswer): ReadingResult {
  switch (answer.type) {
    case 'analyzed':
      return { result: answer.result, used: answer.used };
    case 'text':
      return { document: answer.document, used: answer.used };
    case 'refused':
      throw new TaskError(answer.code, answer.message);
    case 'broken':
      throw new Error(`the document could not be read: ${answer.message}`);
    case 'page':
    case 'extracted':
      throw new Error('progress is no answer');
  }
}

function tooSlow({ limits }: Reading): TaskError {
  const message = `the text of the document was not extracted within ${limits.timeoutMs / 1_000} s`;
  return new TaskError('document_too_slow', message);
}

/** V8 aborts at the limit of its heap, and the guard kills at that of the whole process. */
function tooLargeForMemory({ limits }: Reading, how: string): Error {
  if (how !== 'SIGABRT' && how !== 'SIGKILL' && how !== 'exit code 134')
    return new Error(`the process that reads the document ended (${how})`);
  const message = `the document needs more than ${limits.memoryMb} MB to be read`;
  return new TaskError('document_too_complex', message);
}
