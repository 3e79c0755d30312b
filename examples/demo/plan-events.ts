// Plans which events the demo sends, how often, and which deliveries fail on purpose.
import { type DemoEvent, type DemoSecrets, keyOf } from './demo-event.ts';
import { githubEvents } from './github-events.ts';
import { stripeEvents } from './stripe-events.ts';

export interface DemoPlan {
  events: readonly DemoEvent[];
  /** One request per entry, in this order. A tenth of the events is in the queue twice. */
  queue: readonly DemoEvent[];
  /** An event that is sent `burstSize` times at the same moment, and is not in the queue. */
  burst: DemoEvent;
  burstSize: number;
  /** Keys of the events whose first delivery is answered with a 500. */
  failFirst: ReadonlySet<string>;
  /** An event that the config also forwards to the endpoint that never works. */
  deadLetter: DemoEvent;
}

const BURST_TYPE = 'push';
const BURST_SIZE = 50;
const DEAD_LETTER_TYPE = 'charge.dispute.created';
const FAIL_EVERY = 25;
const TWICE_EVERY = 10;

export function planEvents(secrets: DemoSecrets, distinct: boolean): DemoPlan {
  // Stripe's events come first: the dead letter waits for its retries while the other events are sent.
  const events = [...stripeEvents(secrets.stripe), ...githubEvents(secrets.github, distinct)];
  const burst = ofType(events, BURST_TYPE);
  const deadLetter = ofType(events, DEAD_LETTER_TYPE);
  const once = events.filter((event) => event !== burst);
  // The dead letter is sent once: a resend of a dead letter is no duplicate but runs the event again.
  const twice = once.filter((event, i) => i % TWICE_EVERY === 0 && event !== deadLetter);
  // Half of these events are sent again while their first request is on its way, half long after its answer.
  const [soon, late] = [twice.filter((_, i) => i % 2 === 0), twice.filter((_, i) => i % 2 === 1)];
  const queue = once.flatMap((event) => (soon.includes(event) ? [event, event] : [event]));
  const failing = once.filter((_, i) => i % FAIL_EVERY === FAIL_EVERY - 1);
  return {
    events,
    queue: [...queue, ...late],
    burst,
    burstSize: BURST_SIZE,
    failFirst: new Set(failing.map(keyOf)),
    deadLetter,
  };
}

function ofType(events: readonly DemoEvent[], type: string): DemoEvent {
  const event = events.find((candidate) => candidate.type === type);
  if (event === undefined) throw new Error(`the examples have no ${type} event`);
  return event;
}
