// Sends events, and tasks beside them, at a steady rate; resends each until a 2xx comes, as Stripe does, but with a shorter
// backoff.
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { signRequest } from '../src/signatures/index.ts';
import { type Book, type EventRecord, keyOf } from './book.ts';
import { COMPUTES, DEEDS } from './deeds.ts';
import { Random } from './random.ts';

export const SOURCE_SECRET = 'whsec_chaos-source-secret';

/** An ingress: its process's name and its base URL. */
export interface Ingress {
  name: string;
  url: string;
}

/** What is sent until it is taken. */
export interface Parcel {
  record: EventRecord;
  path: string;
  /** Made anew for each request: a signature carries the time. */
  headers: () => Record<string, string>;
  body: Buffer;
  /** What the answer must say. */
  expected: (status: number) => Record<string, string>;
}

export interface SenderOptions {
  book: Book;
  seed: number;
  ratePerSecond: number;
  durationMs: number;
  ingresses: readonly [Ingress, ...Ingress[]];
  /** @returns the task that is begun together with the nth event, if any */
  taskOf: (n: number) => Parcel | undefined;
  /** Ends all sending at once. */
  signal: AbortSignal;
}

/** Surehook answers within 3 s, whatever Temporal does. */
const TIMEOUT_MS = 5_000;
const BACKOFF_MS = [250, 500, 1_000, 2_000, 3_000] as const;
/** Every sender gives up at some time; here, that the ingresses refuse an event for this long is a problem. */
const GIVE_UP_AFTER_MS = 90_000;

/** A random number from 0 to 99 that is below the limit gets the type; the others get `order.paid`. */
const TYPES = [
  [4, 'order.doomed'],
  [7, 'order.poison'],
  [15, 'order.bumpy'],
  [25, 'order.quiet'],
  [33, 'order.odd'],
] as const;
/** Of a thousand events, so many go to the nasty handler of each kind; one of `HOPELESS_OF` does its deed always. */
const DEED_THOUSANDTHS = 10;
const HOPELESS_OF = 4;
/** Each blocks a handler process for 40 s: only runs that are long enough have some. */
const COMPUTES_THOUSANDTHS = 3;
const COMPUTES_FROM_MS = 300_000;
const DEPOT_HUNDREDTHS = 15;
const LARGE_HUNDREDTHS = 2;

export class Sender {
  readonly #options: SenderOptions;
  readonly #random: Random;
  /** A generator of its own, since requests come in no fixed order, and the same seed must give the same events. */
  readonly #routing: Random;
  readonly #agent = new Agent({ connections: 20 });

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#routing = new Random(options.seed + 1);
  }

  /** Resolves when each event and task has got its 2xx, or was given up. */
  async run(): Promise<void> {
    const { ratePerSecond, durationMs, book, taskOf, signal } = this.#options;
    const count = Math.floor((durationMs / 1_000) * ratePerSecond);
    const sending: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      await delay(Math.max(0, book.startedAt + (n * 1_000) / ratePerSecond - Date.now()), undefined, {
        signal,
      });
      for (const parcel of [this.#eventOf(n), taskOf(n)]) {
        if (parcel === undefined) continue;
        const taken = this.#sendUntilTaken(parcel);
        taken.catch(() => undefined); // an interrupt rejects the wait above, too, and then nobody awaits this promise
        sending.push(taken);
      }
    }
    await Promise.all(sending);
    await this.#agent.close();
  }

  #eventOf(n: number): Parcel {
    const { book, seed } = this.#options;
    const { source, type, padding } = this.#choose();
    const id = `evt_${seed}_${n}`;
    const body = Buffer.from(JSON.stringify({ id, type, data: { text: 'Grüße, 世界 🎣', padding } }));
    const record = book.open(source, id, type, createHash('sha256').update(body).digest('hex'));
    return {
      record,
      path: `/webhooks/${source}`,
      headers: () => signRequest({ scheme: 'stripe', secret: SOURCE_SECRET, rawBody: body }),
      body,
      expected: (status) => ({
        status: status === 202 ? 'accepted' : 'duplicate',
        workflow_id: keyOf(record),
      }),
    };
  }

  async #sendUntilTaken(parcel: Parcel): Promise<void> {
    const { ingresses, signal } = this.#options;
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    for (let attempts = 0; Date.now() < giveUpAt; attempts++) {
      // As behind a load balancer, the next request may reach another process.
      if (await this.#send(parcel, this.#routing.pick(ingresses))) return;
      const backoff = BACKOFF_MS[Math.min(attempts, BACKOFF_MS.length - 1)] as number;
      await delay(backoff * (0.9 + 0.2 * Math.random()), undefined, { signal });
    }
  }

  #choose() {
    const random = this.#random;
    const draw = random.between(0, 99);
    const type = TYPES.find(([below]) => draw < below)?.[1] ?? 'order.paid';
    const source = random.between(0, 99) < DEPOT_HUNDREDTHS ? 'depot' : 'shop';
    const isLarge = random.between(0, 99) < LARGE_HUNDREDTHS;
    const padding = 'x'.repeat(random.between(0, isLarge ? 200_000 : 1_000));
    return { source, type, padding, ...this.#chooseDeed() };
  }

  /** @returns source and type of an event whose handler is nasty; undefined: the event is none */
  #chooseDeed(): { source: string; type: string } | undefined {
    const [draw, isHopeless] = [this.#random.between(0, 999), this.#random.between(1, HOPELESS_OF) === 1];
    const deed = DEEDS[Math.floor(draw / DEED_THOUSANDTHS)];
    if (deed !== undefined) return { source: isHopeless ? 'hopeless' : 'wild', type: deed };
    const isLong = this.#options.durationMs >= COMPUTES_FROM_MS;
    return isLong && draw > 999 - COMPUTES_THOUSANDTHS ? { source: 'patient', type: COMPUTES } : undefined;
  }

  /** @returns whether a 2xx came */
  async #send(parcel: Parcel, { name, url }: Ingress): Promise<boolean> {
    const { record, path, headers, body } = parcel;
    const { signal } = this.#options;
    const at = Date.now();
    const note = (answer: number | string) =>
      record.sends.push({ at, endedAt: Date.now(), to: name, answer });
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await request(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers() },
        body,
        dispatcher: this.#agent,
        signal: AbortSignal.any([timeout, signal]),
      });
      const text = await response.body.text();
      note(response.statusCode);
      if (response.statusCode < 200 || response.statusCode > 299) return false;
      record.acknowledgedAt = Date.now();
      this.#checkAnswer(parcel, response.statusCode, text);
      return true;
    } catch (error) {
      signal.throwIfAborted();
      note(timeout.aborted ? 'timeout' : ((error as { code?: string }).code ?? String(error)));
      return false;
    }
  }

  #checkAnswer({ record, expected }: Parcel, status: number, text: string): void {
    const got = JSON.parse(text) as Record<string, unknown>;
    if (Object.entries(expected(status)).every(([name, value]) => got[name] === value)) return;
    this.#options.book.problems.push(`${keyOf(record)}: ${status} with the body ${text.slice(0, 200)}`);
  }
}
