// The entry of the process that reads one document: it extracts the text, analyses it, answers, and ends.
import { buffer } from 'node:stream/consumers';
import { startGuard } from '../../../user-code/guard.ts';
import { analyzeText } from './analyze-text.ts';
import type { ChildAnswer, ChildRequest, UsedResources } from './child-messages.ts';
import { DocumentError } from './document.ts';
import { extractText } from './extract-text.ts';

/** A long document tells its progress no more often than this: nobody sees more. */
const TELL_EVERY_MS = 250;

const request = JSON.parse(process.argv[2] as string) as ChildRequest;
startGuard(request.memoryMaxBytes);
await send(await work().catch(toRefusal));
process.disconnect();

async function work(): Promise<ChildAnswer> {
  const { hints, limits, analysis } = request;
  const bytes = new Uint8Array(await buffer(process.stdin));
  let toldAt = 0;
  const document = await extractText({
    bytes,
    hints,
    limits,
    onPage(page, pages) {
      if (performance.now() - toldAt < TELL_EVERY_MS) return;
      toldAt = performance.now();
      void send({ type: 'page', page, pages });
    },
  });
  if (analysis === null) return { type: 'text', document, used: usedResources() };
  await send({ type: 'extracted' });
  const result = analyzeText(analysis, document);
  return { type: 'analyzed', result, used: usedResources() };
}

/** Node gives KiB and microseconds. */
function usedResources(): UsedResources {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  return { peakMemoryBytes: maxRSS * 1_024, cpuMs: Math.round((userCPUTime + systemCPUTime) / 1_000) };
}

function toRefusal(error: unknown): ChildAnswer {
  if (error instanceof DocumentError) return { type: 'refused', code: error.code, message: error.message };
  return { type: 'broken', message: error instanceof Error ? error.message : String(error) };
}

/** Resolves when the parent has it, or is gone. */
function send(answer: ChildAnswer): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(answer, undefined, undefined, () => resolve());
  });
}
