// Plans the faults of a run from its seed: which fault comes when, on what, and for how long.
import { Random } from './random.ts';
import { STRANGERS, type Stranger } from './strangers.ts';

/** How the flaky endpoint answers in a bad phase: `hang` never answers, `reset` resets the connection. */
export type BadAnswer = '500' | '503' | 'hang' | 'reset';

/**
 * `kill`: SIGKILL, then a new start; `stop`: SIGSTOP, later SIGCONT; `term`: SIGTERM, as at a deploy, then a
 * new start. A kind of stranger: sockets that strangers open.
 */
export type Action = 'kill' | 'stop' | 'term' | BadAnswer | Stranger;

export interface Fault {
  /**
   * Milliseconds of calm before the fault: from the start of the load, or from the moment when the fault before
   * it is over.
   */
  calmMs: number;
  action: Action;
  /** The names of processes, or of the endpoint. */
  targets: string[];
  /** Milliseconds for which the target is stopped, or answers badly; or from its kill to its new start. */
  forMs: number;
  /** Sockets that strangers open to each target. */
  sockets?: number;
}

export const TEMPORAL = 'temporal';
export const DATABASE = 'database';
export const FLAKY = 'flaky';
export const ODD = 'odd';

/** One kind of fault: what it does, to which targets, and for how long, as a range in milliseconds. */
type Kind = readonly [action: Action, targets: readonly string[], forMs: readonly [number, number]];

/** Faults of one lane come one after another; faults of different lanes overlap. */
interface Lane {
  kinds: readonly Kind[];
  calmMs: readonly [number, number];
  sockets?: readonly [number, number];
}

const RESTART = [200, 3_000] as const;
const SHORT_STOP = [1_000, 5_000] as const;
const LONG_STOP = [10_000, 13_000] as const;
/**
 * Longer than the time-outs of a workflow task and of a heartbeat: another worker redoes the stalled worker's
 * work.
 */
const STALL = [31_000, 34_000] as const;
/** Shorter runs have no stalls: one would fill the run. */
const STALLS_FROM_MS = 300_000;
const BAD_PHASE = [3_000, 8_000] as const;
const VISIT = [3_000, 6_000] as const;
const SOCKETS = [10, 50] as const;

export interface PlanOptions {
  seed: number;
  durationMs: number;
  workers: readonly string[];
  apis: readonly string[];
  serves: readonly string[];
  /** Whether the database is a process that can crash alone, as PostgreSQL can. */
  hasDatabase: boolean;
}

/** @returns the faults of each lane */
export function planFaults({ seed, durationMs, workers, apis, serves, hasDatabase }: PlanOptions): Fault[][] {
  const random = new Random(seed);
  const onEach = (names: readonly string[], action: Action, forMs: readonly [number, number]): Kind[] =>
    names.map((name) => [action, [name], forMs]);
  const lanes: Lane[] = [
    {
      calmMs: [3_000, 8_000],
      kinds: [
        ...onEach([...workers, ...apis, ...serves], 'kill', RESTART),
        ...onEach([...workers.slice(0, 1), ...apis.slice(0, 1), ...serves], 'stop', SHORT_STOP),
        ...onEach([...workers.slice(1), ...apis.slice(1), ...serves], 'term', RESTART),
        ...onEach(workers.slice(0, 1), 'stop', durationMs < STALLS_FROM_MS ? LONG_STOP : STALL),
        ['kill', workers, RESTART],
      ],
    },
    {
      calmMs: [11_000, 22_000],
      kinds: [
        ...onEach([TEMPORAL], 'kill', RESTART),
        ...onEach([TEMPORAL], 'stop', SHORT_STOP),
        ...onEach([TEMPORAL], 'kill', RESTART),
        ...onEach([TEMPORAL], 'stop', LONG_STOP),
        ...onEach(hasDatabase ? [DATABASE, DATABASE] : [], 'kill', RESTART),
      ],
    },
    {
      calmMs: [6_000, 14_000],
      kinds: (['500', '503', 'hang', 'reset'] as const).map((answer) => [answer, [FLAKY], BAD_PHASE]),
    },
    {
      calmMs: [2_000, 6_000],
      kinds: STRANGERS.map((kind) => [kind, [...apis, ...serves], VISIT]),
      sockets: SOCKETS,
    },
  ];
  return lanes.map((lane) => planLane(lane, random, durationMs));
}

/**
 * Deals the lane's kinds in random order, each once before any comes again. There are more faults than time for
 * them.
 */
function planLane({ kinds, calmMs, sockets }: Lane, random: Random, durationMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let plannedMs = 0; plannedMs < durationMs; ) {
    for (const [action, targets, forMs] of random.shuffle(kinds)) {
      const [calm, lasting] = [random.between(...calmMs), random.between(...forMs)];
      const count = sockets ? { sockets: random.between(...sockets) } : {};
      faults.push({ calmMs: calm, action, targets: [...targets], forMs: lasting, ...count });
      plannedMs += calm + lasting;
    }
  }
  return faults;
}
