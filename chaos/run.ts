// `npm run chaos`: puts steady load on a Surehook whose processes, server and endpoint fail at seeded random times.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatReport } from './report.ts';
import { runChaos } from './run-chaos.ts';

const USAGE = `npm run chaos -- [--minutes 2] [--rate 6] [--seed N] [--serve 1] [--postgres] [--json FILE] [--keep]`;
const HELP = `
Two APIs, two workers and --serve processes of all roles take --rate events a second, and an agent task with a
callback beside every twentieth, while
  processes and Temporal are killed, stopped and started again;
  handlers reject astray, throw in timers, block, exit, fill their memory and crash natively
  (in runs of five minutes and more, some also block for 40 s within their limit, and succeed);
  strangers drip bodies byte by byte, leave them half sent, are silent, and forge signatures;
  one endpoint fails in every way, and one answers in odd HTTP.
The run fails if an event or a task is lost or stuck, if anything comes twice that no fault explains, or if ingresses that
nothing disturbs answer fewer than 99.9 % of requests with a 2xx within 3 s. The same seed gives the same events,
tasks and faults. --postgres: Temporal on PostgreSQL, which is crashed too; --keep: logs and database stay.`;
/** 128 + SIGINT, as shells report it. */
const INTERRUPTED_EXIT_CODE = 130;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!interrupt.signal.aborted) print('\nstopping');
    interrupt.abort(new Error('interrupted'));
  });
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '2' },
      rate: { type: 'string', default: '6' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      serve: { type: 'string', default: '1' },
      json: { type: 'string' },
      postgres: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(`${USAGE}\n${HELP}`);
    process.exit(0);
  }
  const number = (name: 'minutes' | 'rate' | 'seed' | 'serve', min: number) => {
    const value = Number(values[name]);
    if (Number.isFinite(value) && value >= min) return value;
    throw new Error(`--${name}: expected a number of at least ${min}, not '${values[name]}'`);
  };
  return {
    minutes: number('minutes', 0.1),
    ratePerSecond: number('rate', 0.1),
    seed: number('seed', 0),
    serves: number('serve', 0),
    postgres: values.postgres,
    keep: values.keep,
    json: values.json,
  };
}

try {
  const { json, ...options } = readOptions();
  print(`seed ${options.seed}`);
  const report = await runChaos({ ...options, say: print, signal: interrupt.signal });
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  print(`\n${formatReport(report)}\n`);
  if (report.problems.length === 0)
    print('Nothing lost, and everything that came twice is explained by a fault.');
  else print(`Wrong:\n${report.problems.map((problem) => `  ${problem}`).join('\n')}`);
  process.exitCode = report.problems.length === 0 ? 0 : 1;
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? INTERRUPTED_EXIT_CODE : 1;
  if (!interrupt.signal.aborted) process.stderr.write(`chaos: ${(error as Error).message}\n${USAGE}\n`);
}
