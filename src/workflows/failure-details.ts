// What an operator who has only Temporal's Web UI reads of a failed event: what failed, why, and what mends it.
import type { StepFailure } from '../contracts/dead-letter.ts';
import type { EventMeta, StepOutcome } from '../contracts/event.ts';
import { errorCodeOf } from '../contracts/failures.ts';

/** Characters of a message: a line of a wide screen. The failure's details have all of it. */
const MESSAGE_MAX_LENGTH = 200;
/** An event with more failed steps has a wrong payload: more messages would say the same. */
const STEPS_MAX = 10;

/** The first steps that have failed; a list shows them without reading histories. */
export function failuresOf(failed: StepOutcome[]): StepFailure[] {
  return failed.slice(0, STEPS_MAX).map(({ step, attempts }) => {
    const last = attempts.at(-1);
    return { step, error: errorCodeOf(last), message: firstLineOf(last), attempts: attempts.length };
  });
}

function firstLineOf(last: StepOutcome['attempts'][number] | undefined): string | null {
  return lineOf(last?.message ?? last?.response_excerpt ?? '') || null;
}

/** The first line, cut to a line of a wide screen. */
export function lineOf(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return line.length > MESSAGE_MAX_LENGTH ? `${line.slice(0, MESSAGE_MAX_LENGTH)}…` : line;
}

/** Markdown. What comes from outside stands in blocks of code, in which the Web UI takes nothing for a mark. */
export function failureDetails({ source, event_id }: EventMeta, failures: StepFailure[]): string {
  const name = `${source} ${shellWord(event_id)}`;
  const what = failures.flatMap(({ step, error, message, attempts }) => {
    const times = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    return [`${step} failed after ${times}: ${error}`, ...(message === null ? [] : [`  ${message}`])];
  });
  return [
    'This event has failed for good: it is a dead letter.',
    codeBlock(what),
    'Mend the cause, then run what has failed again:',
    codeBlock([`surehook dead-letters replay ${name}`]),
    'Every attempt and the payload; or give it up:',
    codeBlock([`surehook dead-letters show ${name}`, `surehook dead-letters discard ${name} --reason '…'`]),
  ].join('\n\n');
}

export const codeBlock = (lines: string[]) => lines.map((line) => `    ${line}`).join('\n');

/** An event id may have any visible character, and shells read some of them otherwise. */
function shellWord(text: string): string {
  return /^[\w.:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
