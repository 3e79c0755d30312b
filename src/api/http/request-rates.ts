// Bounds how often somebody may ask: a token bucket each, and what the answers say of it.

export interface Rate {
  /** Requests that may come at once, after it was quiet. */
  burst: number;
  /** Requests a second that may go on coming. */
  perSecond: number;
}

export interface Counted {
  isWithin: boolean;
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11), and `Retry-After` if it is refused. */
  headers: Record<string, string>;
}

interface Bucket {
  tokens: number;
  at: number;
  /** From then on it is as good as new, and need not be kept. */
  fullAt: number;
}

/** Some 20 MB. Beyond it those that were quiet for longest are forgotten: strangers choose how many there are. */
const BUCKETS_MAX = 100_000;
/** So many stay then. A map walks over what was deleted at its front, so one at a time would be slow. */
const BUCKETS_KEPT = 90_000;
/** How often those that are as good as new are forgotten. */
const FORGET_EVERY_MS = 1_000;

export class RequestRates {
  readonly #policy: string;
  /** The one that has asked last is last. */
  readonly #buckets = new Map<string, Bucket>();
  #forgotAt = 0;

  /** @param policy names the limit in the header fields */
  constructor(policy: string) {
    this.#policy = policy;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** @param now milliseconds; any clock that only goes on */
  count(who: string, { burst, perSecond }: Rate, now = performance.now()): Counted {
    const bucket = this.#buckets.get(who) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    const isWithin = tokens >= 1;
    const left = isWithin ? tokens - 1 : tokens;
    const fullAfterSeconds = (burst - left) / perSecond;
    this.#buckets.delete(who);
    this.#buckets.set(who, { tokens: left, at: now, fullAt: now + fullAfterSeconds * 1_000 });
    if (this.#buckets.size > BUCKETS_MAX) this.#forget(now, BUCKETS_KEPT);
    else if (now - this.#forgotAt >= FORGET_EVERY_MS) this.#forget(now, BUCKETS_MAX);
    const headers: Record<string, string> = {
      'ratelimit-policy': `"${this.#policy}";q=${burst};w=${Math.ceil(burst / perSecond)}`,
      ratelimit: `"${this.#policy}";r=${Math.floor(left)};t=${Math.ceil(fullAfterSeconds)}`,
    };
    if (!isWithin) headers['retry-after'] = String(Math.max(1, Math.ceil((1 - left) / perSecond)));
    return { isWithin, headers };
  }

  #forget(now: number, keep: number): void {
    this.#forgotAt = now;
    for (const [who, { fullAt }] of this.#buckets) {
      if (fullAt > now && this.#buckets.size <= keep) return;
      this.#buckets.delete(who);
    }
  }
}
