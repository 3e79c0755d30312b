// The options of `npm run bench`.
import { parseArgs } from 'node:util';

export const SIDES = ['naive', 'floor', 'serve', 'api+worker'] as const;
/** `other`: `serve` of another build. */
export type SideName = (typeof SIDES)[number] | 'other';
export const LOADS = ['light', 'burst'] as const;
export type LoadName = (typeof LOADS)[number];

export type Options = ReturnType<typeof readOptions>;

const USAGE = `npm run bench -- [options]
  --runs N         runs, each on a Temporal server of its own (3)
  --only a,b       of ${LOADS.join(', ')}
  --sides a,b      of ${SIDES.join(', ')}
  --events N       events of a burst (1000: three runs of all sides then take under 10 minutes)
  --seconds N      length of the light load (20)
  --other DIR      one more side: \`serve\` of the build in this folder, to compare two of them
  --json FILE      writes every number there
  --scale          in place of the loads: the cost of an event with 1,000, 10,000 and 50,000 in the store
  --memory         in place of the loads: the memory of \`serve\` after 5,000 and 20,000 events
  --startup        in place of the loads: how long a start takes
  --steps a,b      other counts of events for --scale and --memory
  --node-args=S    for the node processes of the sides, such as --cpu-prof
TEMPORAL_ADDRESS names a server to use in place of a dev server.
`;

const count = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

export function readOptions() {
  const { values } = parseArgs({
    options: {
      ...{ runs: count, only: count, sides: count, events: count, seconds: count, steps: count },
      ...{
        json: { type: 'string' },
        other: { type: 'string' },
        'node-args': { type: 'string', default: '' },
      },
      ...{ scale: flag, memory: flag, startup: flag, help: flag },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  return {
    runs: toCount(values.runs, 3),
    only: pick(LOADS, values.only),
    sides: [...pick(SIDES, values.sides), ...(values.other ? (['other'] as const) : [])] as SideName[],
    otherBuild: values.other ?? '',
    events: toCount(values.events, 1_000),
    seconds: toCount(values.seconds, 20),
    steps: values.steps?.split(',').map((step) => toCount(step, 0)),
    json: values.json,
    nodeArgs: values['node-args'].split(' ').filter(Boolean),
    scale: values.scale,
    memory: values.memory,
    startup: values.startup,
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
