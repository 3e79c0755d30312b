// Bounds how often each client may ask: a token bucket per client and process.

export interface ClientRate {
  /** Requests that a client may make at once, after it has been quiet. */
  burst: number;
  /** Requests a second that a client may go on making. */
  perSecond: number;
}

export interface Counted {
  isWithin: boolean;
  /** `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11), and `Retry-After` if it is refused. */
  headers: Record<string, string>;
}

export class ClientRates {
  readonly #rate: ClientRate;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(rate: ClientRate) {
    this.#rate = rate;
  }

  /** @param now milliseconds; any clock that only goes on */
  count(client: string, now = performance.now()): Counted {
    const { burst, perSecond } = this.#rate;
    const bucket = this.#buckets.get(client) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1_000) * perSecond);
    const isWithin = tokens >= 1;
    const left = isWithin ? tokens - 1 : tokens;
    this.#buckets.set(client, { tokens: left, at: now });
    const fullInSeconds = Math.ceil((burst - left) / perSecond);
    const headers: Record<string, string> = {
      'ratelimit-policy': `"requests";q=${burst};w=${Math.ceil(burst / perSecond)}`,
      ratelimit: `"requests";r=${Math.floor(left)};t=${fullInSeconds}`,
    };
    if (!isWithin) headers['retry-after'] = String(Math.max(1, Math.ceil((1 - left) / perSecond)));
    return { isWithin, headers };
  }
}
