// What is sent, how often, and which deliveries are to fail on purpose.
import { type DemoEvent, type DemoSecrets, keyOf } from './demo-event.ts';
import { githubEvents } from './github-events.ts';
import { stripeEvents } from './stripe-events.ts';

export interface DemoPlan {
  events: readonly DemoEvent[];
  /** One request each, in this order; a tenth of the events is in it twice. */
  queue: readonly DemoEvent[];
  /** Sent `burstSize` times at the same moment, and not in the queue. */
  burst: DemoEvent;
  burstSize: number;
  /** Keys of the events whose first delivery is answered with a 500. */
  failFirst: ReadonlySet<string>;
  /** The config forwards it to an endpoint that never works, too. */
  deadLetter: DemoEvent;
}

const BURST_TYPE = 'push';
const BURST_SIZE = 50;
const DEAD_LETTER_TYPE = 'charge.dispute.created';
const FAIL_EVERY = 25;
const TWICE_EVERY = 10;

export function planEvents(secrets: DemoSecrets, distinct: boolean): DemoPlan {
  // Stripe's come first: the retries of the dead letter wait while the rest is sent.
  const events = [...stripeEvents(secrets.stripe), ...githubEvents(secrets.github, distinct)];
  const burst = ofType(events, BURST_TYPE);
  const deadLetter = ofType(events, DEAD_LETTER_TYPE);
  const once = events.filter((event) => event !== burst);
  // A dead letter that its provider sends again is no duplicate: it runs again.
  const twice = once.filter((event, i) => i % TWICE_EVERY === 0 && event !== deadLetter);
  // Half of them come again while the first request is on its way, half when all is long done.
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
  const event = events.find((one) => one.type === type);
  if (event === undefined) throw new Error(`the examples have no ${type} event`);
  return event;
}
