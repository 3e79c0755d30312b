// `npm run bench`: measures Surehook beside the plain design and beside the least that Temporal itself costs.
import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { measureDeadLetters } from './dead-letters.ts';
import { measureDown } from './down.ts';
import { measureMemory, measureScale } from './growth.ts';
import { measure } from './measure.ts';
import { type LoadName, type Options, readOptions, type SideName } from './options.ts';
import type { Load } from './pace.ts';
import { Receiver } from './receiver.ts';
import { checkGoals, formatReport, type RunResult } from './report.ts';
import { type Side, startSide } from './sides.ts';
import { measureSlowClients } from './slow-clients.ts';
import { measureStartup } from './startup.ts';
import { measureTasks } from './tasks.ts';
import { startPlainTemporal, startTemporal } from './temporal.ts';

/** Fills caches and warms up the JIT compilers at both ends of the wire; this load is not counted. */
const WARM_UP: Load = { kind: 'closed', count: 150, atOnce: 10 };

const say = (line: string) => void process.stdout.write(`${line}\n`);

const options = readOptions();
say(
  `${availableParallelism()} cores, load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
say(
  'Surehook: the built CLI, encryption on, LOG_LEVEL=info, standard output to /dev/null; events of about 2 KB',
);
const receiver = await Receiver.start();
const results = await runAll(options);
if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
receiver.stop();

async function runAll(options: Options): Promise<unknown> {
  const context = { receiver, nodeArgs: options.nodeArgs };
  if (options.startup) return await measureStartup(options.runs, context, say);
  if (options.down) return await measureDown(options, context, say);
  if (options.scale) return await measureScale(options.steps, context, say);
  if (options.memory) return await measureMemory(options.steps, context, say);
  if (options.slowClients) return await measureSlowClients(options, context, say);
  if (options.tasks) return await measureTasks(options, context, say);
  if (options.deadLetters) return await runDeadLetters(options);
  const runs: RunResult[] = [];
  for (let i = 0; i < options.runs; i++) runs.push(await runOnce(i, options));
  say(`\nmedian [min–max] of ${options.runs} runs\n\n${formatReport(runs)}`);
  return { cores: availableParallelism(), options, goals: checkGoals(runs), runs };
}

async function runDeadLetters({ steps, replays, rate, seconds, nodeArgs }: Options): Promise<unknown> {
  const [few = 100, many = 10_000] = steps ?? [];
  const load = { steps: [few, many] as [number, number], replays, ratePerSecond: rate, seconds };
  return await measureDeadLetters(load, { receiver, nodeArgs }, say);
}

async function runOnce(index: number, options: Options): Promise<RunResult> {
  const ours = await startTemporal();
  const plain = options.sides.includes('naive') ? await startPlainTemporal() : ours;
  const serverOf = (name: SideName) => (name === 'naive' ? plain : ours);
  const { nodeArgs, otherBuild } = options;
  const sides = await Promise.all(
    options.sides.map((name) =>
      startSide(name, { temporalAddress: serverOf(name).address, receiver, nodeArgs, otherBuild }),
    ),
  );
  const result: RunResult = {};
  try {
    for (const side of sides) await measure(side, WARM_UP, serverOf(side.name));
    for (const name of options.only) {
      const samples: RunResult[LoadName] = {};
      result[name] = samples;
      for (const side of inTurn(sides, index)) {
        const sample = await measure(side, toLoad(name, options), serverOf(side.name));
        samples[side.name] = sample;
        say(`run ${index + 1} ${name} ${side.name}: ${JSON.stringify(sample, rounded)}`);
      }
    }
  } finally {
    await Promise.all(sides.map((side) => side.stop()));
    await Promise.all([...new Set([ours, plain])].map((server) => server.stop()));
  }
  return result;
}

/** The order of the sides differs from run to run, since the side that comes first finds an emptier store. */
function inTurn(sides: Side[], index: number): Side[] {
  if (index % 2 === 1) return sides.toReversed();
  const first = index % sides.length;
  return [...sides.slice(first), ...sides.slice(0, first)];
}

function toLoad(name: LoadName, { events, seconds }: Options): Load {
  if (name === 'light') return { kind: 'open', perSecond: 10, seconds };
  return { kind: 'closed', count: events, atOnce: 50 };
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * 100) / 100 : value;
}
