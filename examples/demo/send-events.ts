// Sends events as providers do: many at once, some of them twice, and again after a 503.
import { setTimeout as delay } from 'node:timers/promises';
import { type DemoEvent, keyOf } from './demo-event.ts';

/** What the ingress answered for one event, over all its requests. */
export interface Answers {
  accepted: number;
  duplicate: number;
  /** Requests sent again, after a 503 or no answer. */
  repeated: number;
  unexpected: string[];
}

export interface Sending {
  requests: number;
  answers: Map<string, Answers>;
  /** How long each answer took, in milliseconds. */
  latencies: number[];
}

export interface SendOptions {
  url: string;
  /** One request per entry; an event may be in the queue more than once. */
  queue: readonly DemoEvent[];
  /** An event that is sent `burstSize` times at the same moment. */
  burst: DemoEvent;
  burstSize: number;
  concurrency: number;
  signal: AbortSignal;
}

/** Providers retry for days. In the demo, an ingress is at fault if it refuses a request this often. */
const ATTEMPTS_PER_REQUEST = 15;
const REPEAT_AFTER_MS = 1_000;

/** Fills `sending` as the answers come, so that the caller can print progress. */
export async function sendEvents(options: SendOptions, sending: Sending): Promise<void> {
  const { queue, burst, burstSize, concurrency } = options;
  const entries = queue.values();
  const sendSome = async () => {
    for (const event of entries) await sendOne(options, sending, event);
  };
  const burstAtOnce = Array.from({ length: burstSize }, () => sendOne(options, sending, burst));
  await Promise.all([...burstAtOnce, ...Array.from({ length: concurrency }, sendSome)]);
}

async function sendOne(options: SendOptions, sending: Sending, event: DemoEvent): Promise<void> {
  const answers = answersOf(sending, event);
  for (let attempts = 1; attempts <= ATTEMPTS_PER_REQUEST; attempts++) {
    sending.requests += 1;
    const answer = await post(options, sending, event);
    if (answer === 'accepted' || answer === 'duplicate') {
      answers[answer] += 1;
      return;
    }
    if (answer !== 'later') {
      answers.unexpected.push(answer);
      return;
    }
    answers.repeated += 1;
    await delay(REPEAT_AFTER_MS, undefined, { signal: options.signal });
  }
  answers.unexpected.push(`no 2xx in ${ATTEMPTS_PER_REQUEST} attempts`);
}

/** @returns `accepted`, `duplicate`, `later` if a provider would retry, or a text about an unexpected answer */
async function post({ url, signal }: SendOptions, sending: Sending, event: DemoEvent): Promise<string> {
  const headers = await event.sign();
  const body = new Uint8Array(event.body);
  const started = performance.now();
  try {
    const response = await fetch(`${url}/webhooks/${event.source}`, {
      method: 'POST',
      headers,
      body,
      signal,
    });
    const text = await response.text();
    if (response.status === 503) return 'later';
    sending.latencies.push(performance.now() - started);
    const { status, event_id } = JSON.parse(text) as { status?: string; event_id?: string };
    if (response.status === 202 && status === 'accepted' && event_id === event.id) return 'accepted';
    if (response.status === 200 && status === 'duplicate' && event_id === event.id) return 'duplicate';
    return `${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof SyntaxError ? 'an answer that is not JSON' : 'later';
  }
}

function answersOf({ answers }: Sending, event: DemoEvent): Answers {
  const key = keyOf(event);
  const known = answers.get(key) ?? { accepted: 0, duplicate: 0, repeated: 0, unexpected: [] };
  answers.set(key, known);
  return known;
}
