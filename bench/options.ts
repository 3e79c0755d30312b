// Reads the options of `npm run bench`.
import { parseArgs } from 'node:util';

/** `naive` runs on a Temporal server with default settings, `naive-tuned` on one with Surehook's settings. */
export const SIDES = ['naive', 'naive-tuned', 'floor', 'serve', 'api+worker'] as const;
/** `other` is `serve` of another build; `api` has no worker. */
export type SideName = (typeof SIDES)[number] | 'other' | 'api';
export const LOADS = ['light', 'burst'] as const;
export type LoadName = (typeof LOADS)[number];

export type Options = ReturnType<typeof readOptions>;

const USAGE = `npm run bench -- [options]
  --runs N         how many runs; each has its own Temporal server (3)
  --only a,b       only these loads, out of ${LOADS.join(', ')}
  --sides a,b      only these sides, out of ${SIDES.join(', ')}
  --events N       how many events a burst has (2000)
  --seconds N      how long the light load lasts (20)
  --other DIR      adds a side: \`serve\` of the build in this folder, to compare two builds
  --json FILE      writes every number to this file
  --scale          measures, in place of the loads, the cost of an event with 1,000, 10,000 and 50,000 in the store
  --memory         measures, in place of the loads, the memory of \`serve\` after 5,000 and 20,000 events
  --startup        measures, in place of the loads, how long a start takes
  --down           measures, in place of the loads, the latency of one endpoint while another endpoint hangs
  --dead-letters   measures, in place of the loads, list and count with 100 and 10,000 dead letters, and a bulk replay
                   while the ingress takes events (dead-letters without dashes is the same)
  tasks            measures, in place of the loads, what tasks cost: accepting one, many that wait, open streams
  slow-clients     measures, in place of the loads, good webhooks beside connections that send next to nothing
  --connections N  how many of those there are (2000)
  --good N         how many good webhooks come a second (200)
  --waiting N      how many tasks wait then (5000)
  --streams N      how many streams are open then (1000)
  --replays N      how many dead letters that bulk replay has (2000)
  --rate N         how many of them it replays a second (5)
  --steps a,b      other numbers: of events for --scale and --memory, of dead letters for --dead-letters
  --node-args=S    arguments for the node processes of the sides, such as --cpu-prof
TEMPORAL_ADDRESS names a Temporal server to use in place of a dev server.
`;

const WORDS = ['dead-letters', 'tasks', 'slow-clients'];

const count = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

export function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{
        runs: count,
        only: count,
        sides: count,
        events: count,
        seconds: count,
        steps: count,
        replays: count,
        waiting: count,
        streams: count,
        connections: count,
        good: count,
        rate: count,
      },
      ...{
        json: { type: 'string' },
        other: { type: 'string' },
        'node-args': { type: 'string', default: '' },
      },
      ...{ scale: flag, memory: flag, startup: flag, down: flag, 'dead-letters': flag, help: flag },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  const unknown = positionals.find((word) => !WORDS.includes(word));
  if (unknown !== undefined)
    throw new Error(`${unknown}: the only arguments without dashes are ${WORDS.join(', ')}; see --help`);
  return {
    runs: toCount(values.runs, 3),
    only: pick(LOADS, values.only),
    sides: [...pick(SIDES, values.sides), ...(values.other ? (['other'] as const) : [])] as SideName[],
    otherBuild: values.other ?? '',
    events: toCount(values.events, 2_000),
    seconds: toCount(values.seconds, 20),
    steps: values.steps?.split(',').map((step) => toCount(step, 0)),
    json: values.json,
    nodeArgs: values['node-args'].split(' ').filter(Boolean),
    scale: values.scale,
    memory: values.memory,
    startup: values.startup,
    down: values.down,
    deadLetters: values['dead-letters'] || positionals.includes('dead-letters'),
    tasks: positionals.includes('tasks'),
    waiting: toCount(values.waiting, 5_000),
    streams: toCount(values.streams, 1_000),
    slowClients: positionals.includes('slow-clients'),
    connections: toCount(values.connections, 2_000),
    good: toCount(values.good, 200),
    replays: toCount(values.replays, 2_000),
    rate: toCount(values.rate, 5),
  };
}

function toCount(given: string | undefined, fallback: number): number {
  const value = Number(given ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${given} is not a whole number from 1 on`);
  return value;
}

function pick<T extends string>(all: readonly T[], given: string | undefined): T[] {
  const names = given?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name as T));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not one of ${all.join(', ')}`);
  return all.filter((name) => names.includes(name));
}
