// The seeded plan: which fault comes when, on what, and for how long.
import { Random } from './random.ts';

/** How the flaky endpoint answers in a bad phase. `hang`: never; `reset`: the connection is reset. */
export type BadAnswer = '500' | '503' | 'hang' | 'reset';

/** `kill`: SIGKILL, and started again; `stop`: SIGSTOP, later SIGCONT; `term`: SIGTERM, as at a deploy, and started again. */
export type Action = 'kill' | 'stop' | 'term' | BadAnswer;

export interface Fault {
  /** From the start of the run, in milliseconds. */
  atMs: number;
  action: Action;
  /** Names of processes, or of the endpoint. */
  targets: string[];
  /** How long it is stopped, or answers badly; after a kill, how long until it is started again. */
  forMs: number;
}

export const TEMPORAL = 'temporal';
export const FLAKY = 'flaky';

/** One kind of fault: on what, and for how long (from, to) in milliseconds. */
type Kind = readonly [action: Action, targets: readonly string[], forMs: readonly [number, number]];

/** Faults of one lane come one after another; those of different lanes overlap. */
interface Lane {
  kinds: readonly Kind[];
  /** The calm between two faults. */
  calmMs: readonly [number, number];
  firstAtMs: number;
}

const RESTART = [200, 3_000] as const;
/** Shorter and longer than a workflow task (10 s) may take. */
const SHORT_STOP = [1_000, 5_000] as const;
const LONG_STOP = [10_500, 13_000] as const;
const BAD_PHASE = [3_000, 8_000] as const;

export interface PlanOptions {
  seed: number;
  durationMs: number;
  workers: readonly string[];
  apis: readonly string[];
  serves: readonly string[];
}

export function planFaults({ seed, durationMs, workers, apis, serves }: PlanOptions): Fault[] {
  const random = new Random(seed);
  const one = (names: readonly string[], action: Action, forMs: readonly [number, number]): Kind[] =>
    names.map((name) => [action, [name], forMs]);
  const lanes: Lane[] = [
    {
      firstAtMs: 4_000,
      calmMs: [3_000, 8_000],
      kinds: [
        ...one([...workers, ...apis, ...serves], 'kill', RESTART),
        ...one([...workers.slice(0, 1), ...apis.slice(0, 1), ...serves], 'stop', SHORT_STOP),
        ...one([...workers.slice(1), ...apis.slice(1), ...serves], 'term', RESTART),
        ...one(workers.slice(0, 1), 'stop', LONG_STOP),
        ['kill', workers, RESTART],
      ],
    },
    {
      // The server is not killed in its first seconds: SQLite could be left without tables.
      firstAtMs: 9_000,
      calmMs: [11_000, 22_000],
      kinds: [
        ...one([TEMPORAL], 'kill', RESTART),
        ...one([TEMPORAL], 'stop', SHORT_STOP),
        ...one([TEMPORAL], 'kill', RESTART),
        ...one([TEMPORAL], 'stop', LONG_STOP),
      ],
    },
    {
      firstAtMs: 3_000,
      calmMs: [6_000, 14_000],
      kinds: (['500', '503', 'hang', 'reset'] as const).map((answer) => [answer, [FLAKY], BAD_PHASE]),
    },
  ];
  return lanes.flatMap((lane) => planLane(lane, random, durationMs)).toSorted((a, b) => a.atMs - b.atMs);
}

/** Deals the lane's kinds in random order, all of them before any comes again. */
function planLane({ kinds, calmMs, firstAtMs }: Lane, random: Random, durationMs: number): Fault[] {
  const faults: Fault[] = [];
  let deck: Kind[] = [];
  for (let atMs = firstAtMs; ; ) {
    if (deck.length === 0) deck = random.shuffle(kinds);
    const [action, targets, forMs] = deck.pop() as Kind;
    const fault = { atMs, action, targets: [...targets], forMs: random.between(...forMs) };
    if (atMs + fault.forMs > durationMs) return faults;
    faults.push(fault);
    atMs += fault.forMs + random.between(...calmMs);
  }
}
