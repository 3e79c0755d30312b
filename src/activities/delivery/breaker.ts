// One endpoint as one worker sees it: whether a delivery may make its attempt now, or is held, and for how long.
import type { BreakerConfig } from '../../config/config.ts';
import type { BreakerReport, BreakerState } from '../../contracts/endpoint.ts';
import type { Held } from '../../contracts/event.ts';

/** Of the worker's 100 slots: an endpoint that hangs takes no more, until the breaker opens, and when it is off. */
export const IN_FLIGHT_MAX = 30;
/** Failures further apart than this are not of an endpoint that is down. An attempt's own time comes on top. */
const WINDOW_MS = 60_000;
const PROBE_AFTER_MAX_MS = 60_000;
/** A turn of a held delivery costs Temporal some milliseconds of CPU; a crowd of them is spread. */
const PERMIT_REQUESTS_PER_SECOND = 25;
const BUSY_WAIT_MS = 1_000;
/** Whoever has not come back so long after its turn has ended, or is another worker's now. */
const FORGOTTEN_AFTER_MS = 60_000;

/** `failed`: the endpoint did not answer, or said that it cannot; `answered`: it lives, whatever it said. */
export type Verdict = { is: 'answered' } | { is: 'failed'; error: string };

/** Permission to make one attempt. `release` must be called once; without a verdict, the attempt says nothing of the endpoint. */
export interface Permit {
  release(verdict?: Verdict): void;
}

export interface Refusal {
  reason: Held['reason'];
  delayMs: number;
}

/** `still_down`: a probe has failed. */
export type Change = 'opened' | 'still_down' | 'closed';

export interface BreakerOptions {
  /** undefined: it never opens. */
  config: BreakerConfig | undefined;
  timeoutMs: number;
  onState: (state: BreakerState) => void;
  onChange: (change: Change, report: BreakerReport) => void;
  clock?: () => number;
  random?: () => number;
}

export class Breaker {
  readonly #config: BreakerConfig | undefined;
  readonly #windowMs: number;
  readonly #onState: BreakerOptions['onState'];
  readonly #onChange: BreakerOptions['onChange'];
  readonly #clock: () => number;
  readonly #random: () => number;
  #state: BreakerState = 'closed';
  #since: number;
  /** When the last attempts failed, all without one between that did not. */
  #failedAt: number[] = [];
  #failures = 0;
  #lastError: string | null = null;
  #waitMs = 0;
  #probeAt = 0;
  /** Somebody was told to come at `#probeAt`, and not later. */
  #hasProber = false;
  #inFlight = 0;
  /** Held deliveries, and when each comes back. */
  readonly #waiting = new Map<string, number>();

  constructor(options: BreakerOptions) {
    const { config, timeoutMs, onState, onChange, clock = Date.now, random = Math.random } = options;
    this.#config = config;
    this.#windowMs = WINDOW_MS + timeoutMs;
    this.#onState = onState;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#random = random;
    this.#since = clock();
  }

  /**
   * @param key names a delivery that waits as it is told to if it is held; none: it only asks
   * @param isTold an operator wants it to be tried now: it is the probe, unless one is under way
   */
  request(key: string | undefined, isTold = false): Permit | Refusal {
    if (key !== undefined) this.#waiting.delete(key);
    const now = this.#clock();
    const isOpen = this.#state !== 'closed';
    if (isOpen && (this.#state === 'half_open' || (now < this.#probeAt && !isTold)))
      return this.#refuse(key, 'endpoint_down');
    if (this.#inFlight >= IN_FLIGHT_MAX) return this.#refuse(key, 'endpoint_busy');
    if (isOpen) this.#become('half_open');
    return this.#permit(isOpen);
  }

  report(): BreakerReport {
    const now = this.#clock();
    for (const [key, due] of this.#waiting) if (due + FORGOTTEN_AFTER_MS < now) this.#waiting.delete(key);
    return {
      state: this.#state,
      since: toTime(this.#since),
      failures: this.#failures,
      last_error: this.#lastError,
      next_probe_at: this.#state === 'closed' ? null : toTime(this.#probeAt),
      held: this.#waiting.size,
      reported_at: toTime(now),
    };
  }

  #permit(isProbe: boolean): Permit {
    this.#inFlight += 1;
    let hasLeft = false;
    const release = (verdict?: Verdict) => {
      if (hasLeft) return;
      hasLeft = true;
      this.#inFlight -= 1;
      if (verdict?.is === 'answered') this.#succeed();
      else if (verdict?.is === 'failed') this.#fail(verdict.error, isProbe);
      else if (isProbe && this.#state === 'half_open') this.#become('open'); // the next one may try at once
    };
    return { release };
  }

  #succeed(): void {
    this.#failedAt = [];
    this.#failures = 0;
    this.#lastError = null;
    if (this.#state === 'closed') return;
    this.#since = this.#clock();
    this.#become('closed');
    this.#onChange('closed', this.report());
  }

  #fail(error: string, isProbe: boolean): void {
    if (this.#config === undefined) return;
    const now = this.#clock();
    const { failures, probeAfterMs } = this.#config;
    this.#failedAt = [...this.#failedAt, now].slice(-failures);
    this.#failures += 1;
    this.#lastError = error;
    if (this.#state === 'closed') {
      const first = this.#failedAt[0] ?? now;
      if (this.#failedAt.length < failures || now - first > this.#windowMs) return;
      this.#since = now;
      this.#open('opened', probeAfterMs);
    } else if (isProbe) {
      this.#open('still_down', Math.min(2 * this.#waitMs, Math.max(PROBE_AFTER_MAX_MS, probeAfterMs)));
    }
  }

  #open(change: Change, waitMs: number): void {
    this.#waitMs = waitMs;
    this.#probeAt = this.#clock() + waitMs;
    this.#hasProber = false;
    this.#become('open');
    this.#onChange(change, this.report());
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#onState(state);
  }

  #refuse(key: string | undefined, reason: Held['reason']): Refusal {
    const delayMs =
      reason === 'endpoint_down' ? this.#untilProbe(key) : this.#spread(BUSY_WAIT_MS, BUSY_WAIT_MS);
    if (key !== undefined) this.#waiting.set(key, this.#clock() + delayMs);
    return { reason, delayMs };
  }

  #untilProbe(key: string | undefined): number {
    const ms = this.#probeAt - this.#clock();
    if (ms <= 0) return this.#spread(BUSY_WAIT_MS, this.#waitMs); // a probe is under way
    if (this.#hasProber) return this.#spread(ms, this.#waitMs);
    this.#hasProber = key !== undefined;
    return ms;
  }

  #spread(fromMs: number, leastMs: number): number {
    const overMs = Math.max(leastMs, (this.#waiting.size / PERMIT_REQUESTS_PER_SECOND) * 1_000);
    return Math.round(fromMs + overMs * this.#random());
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}
