// The state of an alert route: what it has gathered, and when it acts next. Pure: callers give every time, in
// milliseconds since the epoch.
import type {
  AlertKind,
  Gathered,
  Pace,
  RaiseSignal,
  SendAlertInput,
  SendAlertResult,
} from '../contracts/alert.ts';
import { addGathered, addRaise, isEmpty } from './tally.ts';

/** What one run of the workflow hands to the next. */
export interface CarriedRoute {
  pending: Gathered;
  recheck: string[];
  looks: number;
  pace: Pace;
  not_before: number;
  settled_at: number;
  seen: string[];
}

/** The content of one alert. */
export type Batch = Omit<SendAlertInput, 'route'>;

/** Two letters per kind, since each run hands thousands of keys to the next. */
const SHORT: Record<AlertKind, string> = {
  dead_letter: 'de',
  recovered: 're',
  discarded: 'di',
  expiring: 'ex',
  expired: 'ed',
  endpoint_down: 'do',
  endpoint_up: 'up',
};
/** The keys take 85 kB in the input of the next run (17 bytes a key); Temporal's limit is 2 MB. */
const SEEN_MAX = 5_000;
/** Longer than 30 s, the workflow task time-out: a raise whose worker was lost is repeated within that. */
export const LINGER_MS = 120_000;
/**
 * The waits before each recheck of sources whose incident may be over. By the first recheck, visibility shows
 * the end of a dead letter; by the last, even SQLite shows the ends of thousands.
 */
export const RECHECKS_AFTER_MS: readonly number[] = [10_000, 30_000, 300_000];

export class AlertRouteState {
  #pending: Gathered;
  /** Sources whose open dead letters are to be counted once more. */
  #recheck: string[];
  /** How many rechecks in a row have followed the last raise. */
  #looks: number;
  #pace: Pace;
  /** No alert goes out before this time. */
  #notBefore: number;
  /** The end of the last sending, or the start of the route. */
  #settledAt: number;
  /** The keys of recent raises: a raise that is repeated after its worker was lost must not count. */
  readonly #seen: Set<string>;

  constructor({ carried, now }: { carried?: CarriedRoute | undefined; now: number }) {
    this.#pending = carried?.pending ?? {};
    this.#recheck = carried?.recheck ?? [];
    this.#looks = carried?.looks ?? 0;
    this.#pace = carried?.pace ?? { gather_ms: 0, every_ms: 0 };
    this.#notBefore = carried?.not_before ?? 0;
    this.#settledAt = carried?.settled_at ?? now;
    this.#seen = new Set(carried?.seen);
  }

  /** Adds raises. The first raise after an alert, or of the route, starts the time of gathering. */
  raise({ raises, pace }: RaiseSignal, now: number): void {
    this.#pace = pace;
    const wasEmpty = isEmpty(this.#pending);
    for (const raise of raises) {
      // The last 12 digits of a run id are random: they suffice to tell runs apart.
      if (this.#isNew(SHORT[raise.kind] + raise.run_id.slice(-12))) addRaise(this.#pending, raise);
    }
    if (wasEmpty && !isEmpty(this.#pending)) this.#wait(now + pace.gather_ms);
  }

  /** When the route acts: it sends or rechecks, or ends if it is idle. A raise may change this time. */
  dueAt(): number {
    if (!isEmpty(this.#pending)) return this.#notBefore; // raises do not wait for a recheck, which is far off
    // An idle route stays until its next alert may go out, since that time is known only here.
    const wait = this.isIdle() ? LINGER_MS : (RECHECKS_AFTER_MS[this.#looks] ?? 0);
    return Math.max(this.#notBefore, this.#settledAt + wait);
  }

  /** Whether there is nothing to send and nothing to recheck. */
  isIdle(): boolean {
    return isEmpty(this.#pending) && this.#recheck.length === 0;
  }

  /** Takes out all raises and rechecks. The caller must call `sent` or `notSent` next. */
  take(): Batch {
    const batch = { gathered: this.#pending, recheck: this.#recheck };
    this.#pending = {};
    this.#recheck = [];
    return batch;
  }

  sent({ gathered }: Batch, { recheck }: SendAlertResult, now: number): void {
    this.#looks = isEmpty(gathered) ? this.#looks + 1 : 0;
    if (this.#looks < RECHECKS_AFTER_MS.length) this.#recheck = recheck;
    this.#settle(now);
  }

  /** Puts the batch back, beside the raises that have come since. */
  notSent({ gathered, recheck }: Batch, now: number): void {
    addGathered(this.#pending, gathered);
    this.#recheck = recheck;
    this.#settle(now);
  }

  carried(): CarriedRoute {
    return {
      pending: this.#pending,
      recheck: this.#recheck,
      looks: this.#looks,
      pace: this.#pace,
      not_before: this.#notBefore,
      settled_at: this.#settledAt,
      seen: [...this.#seen],
    };
  }

  #settle(now: number): void {
    this.#settledAt = now;
    this.#wait(now + this.#pace.every_ms);
  }

  #wait(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  #isNew(key: string): boolean {
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(this.#seen.values().next().value as string);
    return true;
  }
}
