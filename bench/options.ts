// The options of `npm run bench`.
import { parseArgs } from 'node:util';

/** `naive` runs on a server with default settings, `naive-tuned` on the server that Surehook has. */
export const SIDES = ['naive', 'naive-tuned', 'floor', 'serve', 'api+worker'] as const;
/** `other`: `serve` of another build. */
export type SideName = (typeof SIDES)[number] | 'other';
export const LOADS = ['light', 'burst'] as const;
export type LoadName = (typeof LOADS)[number];

export type Options = ReturnType<typeof readOptions>;

const USAGE = `npm run bench -- [options]
  --runs N         runs, each on a Temporal server of its own (3)
  --only a,b       of ${LOADS.join(', ')}
  --sides a,b      of ${SIDES.join(', ')}
  --events N       events of a burst (2000)
  --seconds N      length of the light load (20)
  --other DIR      one more side: \`serve\` of the build in this folder, to compare two of them
  --json FILE      writes every number there
  --scale          in place of the loads: the cost of an event with 1,000, 10,000 and 50,000 in the store
  --memory         in place of the loads: the memory of \`serve\` after 5,000 and 20,000 events
  --startup        in place of the loads: how long a start takes
  --down           in place of the loads: the latency of one endpoint while another one hangs
  --dead-letters   in place of the loads: list and count with 100 and 10,000 dead letters, a bulk replay beside the
                   ingress (dead-letters without dashes is the same)
  --replays N, --rate N   of that bulk replay (2000, 5 a second)
  --steps a,b      other counts of events for --scale and --memory, of dead letters for --dead-letters
  --node-args=S    for the node processes of the sides, such as --cpu-prof
TEMPORAL_ADDRESS names a server to use in place of a dev server.
`;

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
  const unknown = positionals.find((one) => one !== 'dead-letters');
  if (unknown !== undefined) throw new Error(`${unknown}: the only word is dead-letters; see --help`);
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
    deadLetters: values['dead-letters'] || positionals.length > 0,
    replays: toCount(values.replays, 2_000),
    rate: toCount(values.rate, 5),
  };
}

function toCount(given: string | undefined, fallback: number): number {
  const value = Number(given ?? fallback);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${given} is not a count`);
  return value;
}

function pick<T extends string>(all: readonly T[], given: string | undefined): T[] {
  const names = given?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name as T));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not one of ${all.join(', ')}`);
  return all.filter((name) => names.includes(name));
}
