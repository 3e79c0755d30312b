// Drives one side: sends events over HTTP, and times acknowledgement and delivery of each.
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { makeEvents } from './events.ts';
import { countOf, type Load, pace } from './pace.ts';
import type { Receiver } from './receiver.ts';

export interface Order {
  load: Load;
  /** Makes the event ids of this order unique. */
  prefix: string;
}

export interface Outcome {
  /** Milliseconds from each request to its answer. */
  ackMs: number[];
  /** Milliseconds from each request to its event's delivery. */
  deliveredMs: number[];
  /** The time from the first request to the last delivery. */
  seconds: number;
  /** Requests that were answered with 503, and resent. */
  refused: number;
}

export type Drive = (order: Order) => Promise<Outcome>;

/** After so long without any delivery, the missing events are lost, or wait for a retry. */
const STALLED_AFTER_MS = 60_000;
/** The wait after a 503: that of a sender in a hurry. */
const RESEND_AFTER_MS = 500;

export class Stopwatch {
  readonly #arrivals: Map<string, number>;
  readonly #sent = new Map<string, number>();
  readonly #ackMs: number[] = [];
  refused = 0;

  constructor(arrivals: Map<string, number>) {
    this.#arrivals = arrivals;
    arrivals.clear();
  }

  async time(id: string, send: () => Promise<void>): Promise<void> {
    const begin = performance.now();
    this.#sent.set(id, begin);
    await send();
    this.#ackMs.push(performance.now() - begin);
  }

  /** Waits for the last delivery. @throws Error if no event is delivered for a minute */
  async outcome(): Promise<Outcome> {
    let [seen, since] = [0, performance.now()];
    // Counts this order's events only: an event of an earlier order may be delivered late, and again.
    const countArrived = () => [...this.#sent.keys()].filter((id) => this.#arrivals.has(id)).length;
    for (let count = countArrived(); count < this.#sent.size; count = countArrived()) {
      if (count > seen) [seen, since] = [count, performance.now()];
      if (performance.now() - since > STALLED_AFTER_MS)
        throw new Error(`only ${seen} of ${this.#sent.size} events were delivered`);
      await delay(20);
    }
    const arrivedAt = [...this.#sent.keys()].map((id) => this.#arrivals.get(id) as number);
    const deliveredMs = [...this.#sent.values()].map((begin, i) => (arrivedAt[i] as number) - begin);
    const first = Math.min(...this.#sent.values());
    const last = Math.max(...arrivedAt);
    return { ackMs: this.#ackMs, deliveredMs, seconds: (last - first) / 1_000, refused: this.refused };
  }
}

/** @param url the URL of the side's webhook route */
export function driveHttp(url: URL, receiver: Receiver): Drive {
  return async ({ load, prefix }) => {
    const events = makeEvents(countOf(load), prefix);
    const pool = new Pool(url.origin, { connections: 100, pipelining: 1 });
    const watch = new Stopwatch(receiver.arrivals);
    await pace(load, async (i) => {
      const { id, body, headers } = events[i] as (typeof events)[number];
      await watch.time(id, async () => {
        for (;;) {
          const answer = await pool.request({ path: url.pathname, method: 'POST', headers, body });
          const text = await answer.body.text();
          if (answer.statusCode < 300) return;
          if (answer.statusCode !== 503) throw new Error(`${url} answered ${answer.statusCode}: ${text}`);
          watch.refused += 1;
          await delay(RESEND_AFTER_MS);
        }
      });
    });
    const outcome = await watch.outcome();
    await pool.close();
    return outcome;
  };
}
