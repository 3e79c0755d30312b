// The breaker of one endpoint in one worker: it permits an attempt of a delivery, or refuses it for a while.
import type { BreakerConfig } from '../../config/config.ts';
import type { BreakerReport, BreakerState } from '../../contracts/endpoint.ts';
import type { Held } from '../../contracts/event.ts';

/** Before its breaker opens, or without one, an endpoint that hangs takes no more of a worker's 100 slots. */
export const IN_FLIGHT_MAX = 30;
/** An endpoint whose failures are further apart is not down. The time-out of an attempt comes on top. */
const WINDOW_MS = 60_000;
const PROBE_AFTER_MAX_MS = 60_000;
/** A request of a held delivery costs Temporal some milliseconds of CPU, so requests are spread in time. */
const PERMIT_REQUESTS_PER_SECOND = 25;
const BUSY_WAIT_MS = 1_000;
/** A held delivery that is overdue by this much has ended, or another worker has it. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * `failed`: the endpoint gave no answer, or one that says it cannot serve; `retryAfterMs`: it asked for this wait.
 * `answered`: it is up.
 */
export type Verdict = { is: 'answered' } | { is: 'failed'; error: string; retryAfterMs?: number | undefined };

/** Permission for one attempt. `release` must be called, without a verdict if the attempt proves nothing. */
export interface Permit {
  release(verdict?: Verdict): void;
}

export interface Refusal {
  reason: Held['reason'];
  delayMs: number;
  /** The endpoint asked for a wait until then, in milliseconds of the epoch. */
  askedUntil?: number;
}

/** `still_down`: a probe has failed. */
export type Change = 'opened' | 'still_down' | 'closed';

export interface BreakerOptions {
  /** undefined: the breaker never opens. */
  config: BreakerConfig | undefined;
  /** The limit of one attempt. */
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
  /** When the latest attempts failed, without an answer between them. */
  #failedAt: number[] = [];
  #failures = 0;
  #lastError: string | null = null;
  #waitMs = 0;
  #probeAt = 0;
  /** The endpoint has asked for a wait until then. */
  #askedUntil = 0;
  /** Whether a held delivery comes back at `#probeAt`, to be the probe. All others come back later. */
  #hasProber = false;
  #inFlight = 0;
  /** When each held delivery comes back, by its key. */
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
   * @param key names a delivery that comes back after the delay of a refusal; undefined: it does not
   * @param isRetryNow an operator wants an attempt now: it becomes the probe, unless a probe is under way
   */
  request(key: string | undefined, isRetryNow = false): Permit | Refusal {
    if (key !== undefined) this.#waiting.delete(key);
    const now = this.#clock();
    const isOpen = this.#state !== 'closed';
    if (isOpen && (this.#state === 'half_open' || (now < this.#probeAt && !isRetryNow)))
      return this.#refuse(key, 'endpoint_down');
    if (!isOpen && now < this.#askedUntil && !isRetryNow) return this.#refuse(key, 'endpoint_busy');
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
      else if (verdict?.is === 'failed') this.#fail(verdict, isProbe);
      else if (isProbe && this.#state === 'half_open') this.#probeAnew();
    };
    return { release };
  }

  /** The probe has found nothing out: the next delivery that asks when its time has come is the probe. */
  #probeAnew(): void {
    this.#probeAt = Math.max(this.#probeAt, this.#clock());
    this.#hasProber = false; // the one that waited for its time may have been this one
    this.#become('open');
  }

  #succeed(): void {
    this.#askedUntil = 0;
    this.#failedAt = [];
    this.#failures = 0;
    this.#lastError = null;
    if (this.#state === 'closed') return;
    this.#since = this.#clock();
    this.#become('closed');
    this.#onChange('closed', this.report());
  }

  #fail({ error, retryAfterMs = 0 }: Verdict & { is: 'failed' }, isProbe: boolean): void {
    if (this.#config === undefined) return;
    const now = this.#clock();
    const { failures, probeAfterMs } = this.#config;
    this.#failedAt = [...this.#failedAt, now].slice(-failures);
    this.#failures += 1;
    this.#lastError = error;
    this.#askedUntil = Math.max(this.#askedUntil, now + retryAfterMs);
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
    this.#probeAt = Math.max(this.#clock() + waitMs, this.#askedUntil);
    this.#hasProber = false;
    this.#become('open');
    this.#onChange(change, this.report());
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#onState(state);
  }

  #refuse(key: string | undefined, reason: Held['reason']): Refusal {
    const now = this.#clock();
    const isAsked = reason === 'endpoint_busy' && now < this.#askedUntil;
    const busyMs = isAsked ? this.#askedUntil - now : BUSY_WAIT_MS;
    const delayMs = reason === 'endpoint_down' ? this.#untilProbe(key) : this.#spread(busyMs, BUSY_WAIT_MS);
    if (key !== undefined) this.#waiting.set(key, now + delayMs);
    return { reason, delayMs, ...(isAsked ? { askedUntil: this.#askedUntil } : {}) };
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
