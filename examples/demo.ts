// `npm run demo`: sends real webhooks of GitHub and Stripe through Surehook, checks each, and prints a table.
import { once } from 'node:events';
import { formatReport } from './demo/report.ts';
import { type DemoOutcome, runDemo } from './demo/run-demo.ts';

/** 128 + SIGINT, as shells have it. */
const INTERRUPTED_EXIT_CODE = 130;
const KEEP = '--keep';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const interrupt = new AbortController();
const onSignal = () => {
  if (!interrupt.signal.aborted) print('\nstopping');
  interrupt.abort(new Error('interrupted'));
};
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);

function printOutcome({ report, deadLetter }: DemoOutcome): void {
  const [facts] = deadLetter.shown.split('\n\nPayload:');
  print(`\n${formatReport(report)}\n\nThe dead letter, as surehook events show prints it:\n`);
  print(`${facts}`.replaceAll(/^(?=.)/gm, '  '));
  if (report.problems.length === 0) print('\nAll counts are as they must be.');
  else print(`\nWrong:\n${report.problems.map((problem) => `  ${problem}`).join('\n')}`);
}

async function onDone(outcome: DemoOutcome): Promise<void> {
  printOutcome(outcome);
  if (!process.argv.includes(KEEP)) {
    return print(`\nnpm run demo -- ${KEEP} leaves everything running, for a look in the Web UI.`);
  }
  print('\nEverything is still running. Ctrl-C stops it.');
  if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort');
}

try {
  const { report } = await runDemo({ onProgress: print, signal: interrupt.signal, onDone });
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} catch (error) {
  if (!interrupt.signal.aborted) process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exitCode = interrupt.signal.aborted ? INTERRUPTED_EXIT_CODE : 1;
}
