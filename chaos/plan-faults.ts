// The seeded plan: which fault comes when, on what, and for how long.
import { Random } from './random.ts';

/** How the flaky endpoint answers in a bad phase. `hang`: never; `reset`: the connection is reset. */
export type BadAnswer = '500' | '503' | 'hang' | 'reset';

/** `kill`: SIGKILL, and started again; `stop`: SIGSTOP, later SIGCONT; `term`: SIGTERM, as at a deploy, and started again. */
export type Action = 'kill' | 'stop' | 'term' | BadAnswer;

export interface Fault {
  /** The calm before it, in milliseconds: from the start, or from when all is up again after the one before it. */
  calmMs: number;
  action: Action;
  /** Names of processes, or of the endpoint. */
  targets: string[];
  /** How long it is stopped, or answers badly; after a kill, how long until it is started again. */
  forMs: number;
}

export const TEMPORAL = 'temporal';
export const DATABASE = 'database';
export const FLAKY = 'flaky';

/** One kind of fault: on what, and for how long (from, to) in milliseconds. */
type Kind = readonly [action: Action, targets: readonly string[], forMs: readonly [number, number]];

/** Faults of one lane come one after another; those of different lanes overlap. */
interface Lane {
  kinds: readonly Kind[];
  calmMs: readonly [number, number];
}

const RESTART = [200, 3_000] as const;
const SHORT_STOP = [1_000, 5_000] as const;
const LONG_STOP = [10_000, 13_000] as const;
/** Longer than a workflow task may take, and than a heartbeat may be late: its work is done again elsewhere meanwhile. */
const STALL = [31_000, 34_000] as const;
/** A stall would fill a short run. */
const STALLS_FROM_MS = 300_000;
const BAD_PHASE = [3_000, 8_000] as const;

export interface PlanOptions {
  seed: number;
  durationMs: number;
  workers: readonly string[];
  apis: readonly string[];
  serves: readonly string[];
  /** PostgreSQL, which crashes on its own. */
  hasDatabase: boolean;
}

/** @returns the faults of each lane */
export function planFaults({ seed, durationMs, workers, apis, serves, hasDatabase }: PlanOptions): Fault[][] {
  const random = new Random(seed);
  const one = (names: readonly string[], action: Action, forMs: readonly [number, number]): Kind[] =>
    names.map((name) => [action, [name], forMs]);
  const lanes: Lane[] = [
    {
      calmMs: [3_000, 8_000],
      kinds: [
        ...one([...workers, ...apis, ...serves], 'kill', RESTART),
        ...one([...workers.slice(0, 1), ...apis.slice(0, 1), ...serves], 'stop', SHORT_STOP),
        ...one([...workers.slice(1), ...apis.slice(1), ...serves], 'term', RESTART),
        ...one(workers.slice(0, 1), 'stop', durationMs < STALLS_FROM_MS ? LONG_STOP : STALL),
        ['kill', workers, RESTART],
      ],
    },
    {
      calmMs: [11_000, 22_000],
      kinds: [
        ...one([TEMPORAL], 'kill', RESTART),
        ...one([TEMPORAL], 'stop', SHORT_STOP),
        ...one([TEMPORAL], 'kill', RESTART),
        ...one([TEMPORAL], 'stop', LONG_STOP),
        ...one(hasDatabase ? [DATABASE, DATABASE] : [], 'kill', RESTART),
      ],
    },
    {
      calmMs: [6_000, 14_000],
      kinds: (['500', '503', 'hang', 'reset'] as const).map((answer) => [answer, [FLAKY], BAD_PHASE]),
    },
  ];
  return lanes.map((lane) => planLane(lane, random, durationMs));
}

/** Deals the lane's kinds in random order, all of them before any comes again; more than there is time for. */
function planLane({ kinds, calmMs }: Lane, random: Random, durationMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let plannedMs = 0; plannedMs < durationMs; ) {
    for (const [action, targets, forMs] of random.shuffle(kinds)) {
      const [calm, lasting] = [random.between(...calmMs), random.between(...forMs)];
      faults.push({ calmMs: calm, action, targets: [...targets], forMs: lasting });
      plannedMs += calm + lasting;
    }
  }
  return faults;
}
