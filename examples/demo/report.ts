// Compares what the providers, the receiver and Surehook saw, and names every event on which they differ.
import { type DemoEvent, keyOf } from './demo-event.ts';
import type { EventView } from './read-outcomes.ts';
import type { DemoReceiver } from './receiver.ts';
import type { Sending } from './send-events.ts';

export interface DemoFacts {
  events: readonly DemoEvent[];
  /** Requests that the plan asks for: more than events, since some are sent again. */
  planned: number;
  failFirst: ReadonlySet<string>;
  deadLetter: DemoEvent;
  sending: Sending;
  receiver: DemoReceiver;
  statuses: ReadonlyMap<string, string>;
  /** The views of the events that fail first on purpose, and of the dead letter, by key. */
  views: ReadonlyMap<string, EventView>;
  elapsedMs: number;
}

export interface DemoReport {
  events: number;
  requests: number;
  accepted: number;
  duplicates: number;
  /** Requests sent again after a 503 or no answer: 0 unless the machine is overloaded. */
  repeated: number;
  handledOnce: number;
  delivered: number;
  retried: number;
  /** Deliveries whose body is, byte for byte, what was sent. */
  identical: number;
  deliveries: number;
  deadLetters: number;
  elapsedMs: number;
  eventsPerSecond: number;
  /** Milliseconds from request to answer. */
  answerP50: number;
  answerP99: number;
  /** Empty if all is well. */
  problems: string[];
}

/** Attempts at the endpoint that never works, as its schedule in demo.config.ts has it. */
const DEAD_AFTER_ATTEMPTS = 3;

export function buildReport(facts: DemoFacts): DemoReport {
  const { events, sending, receiver, statuses, elapsedMs } = facts;
  const problems = [...checkTotals(facts), ...events.flatMap((event) => checkEvent(facts, event))];
  const answers = [...sending.answers.values()];
  const inbox = [...receiver.inbox.values()];
  const latencies = sending.latencies.toSorted((a, b) => a - b);
  const quantile = (q: number) => Math.round(latencies[Math.floor(q * (latencies.length - 1))] ?? 0);
  const own = events.map((event) => statuses.get(keyOf(event)));
  return {
    events: events.length,
    requests: sending.requests,
    accepted: sum(answers.map(({ accepted }) => accepted)),
    duplicates: sum(answers.map(({ duplicate }) => duplicate)),
    repeated: sum(answers.map(({ repeated }) => repeated)),
    handledOnce: events.filter((event) => receiver.handled.get(keyOf(event)) === 1).length,
    delivered: inbox.filter(({ taken, verified, attempts }) => taken > 0 && verified === attempts).length,
    retried: inbox.filter(({ attempts }) => attempts > 1).length,
    identical: sum(inbox.map(({ identical }) => identical)),
    deliveries: sum(inbox.map(({ attempts }) => attempts)),
    deadLetters: own.filter((status) => status === 'failed').length,
    elapsedMs,
    eventsPerSecond: events.length / (elapsedMs / 1_000),
    answerP50: quantile(0.5),
    answerP99: quantile(0.99),
    problems,
  };
}

function checkTotals({ events, planned, sending, receiver }: DemoFacts): string[] {
  const keys = new Set(events.map(keyOf));
  const strangers = [...receiver.inbox.keys(), ...receiver.handled.keys()].filter((key) => !keys.has(key));
  const repeated = sum([...sending.answers.values()].map((answers) => answers.repeated));
  return [
    ...expect('requests', planned + repeated, sending.requests),
    ...expect('attempts at the broken endpoint', DEAD_AFTER_ATTEMPTS, receiver.brokenAttempts),
    ...strangers.map((key) => `${key}: came to the receiver, but was never sent`),
  ];
}

function checkEvent(facts: DemoFacts, event: DemoEvent): string[] {
  const { failFirst, deadLetter, receiver, statuses, views } = facts;
  const key = keyOf(event);
  const attempts = failFirst.has(key) ? 2 : 1;
  const inbound = receiver.inbox.get(key);
  const faults = [
    ...checkAnswers(facts, key),
    ...expect('handler calls', 1, receiver.handled.get(key) ?? 0),
    ...expect('deliveries', attempts, inbound?.attempts ?? 0),
    ...expect('deliveries that verify', attempts, inbound?.verified ?? 0),
    ...expect('deliveries with the bytes that were sent', attempts, inbound?.identical ?? 0),
    ...expect('deliveries taken', 1, inbound?.taken ?? 0),
    ...expect('webhook-id values', 1, inbound?.webhookIds.size ?? 0),
    ...expect('status', event === deadLetter ? 'failed' : 'processed', statuses.get(key) ?? 'not closed'),
  ];
  const view = views.get(key);
  if (view && failFirst.has(key)) faults.push(...expect('attempts', '500,204', attemptsOf(view, 'inbox')));
  if (view && event === deadLetter)
    faults.push(...expect('attempts', '500,500,500', attemptsOf(view, 'broken')));
  return faults.map((fault) => `${key} (${event.type}): ${fault}`);
}

function checkAnswers({ sending }: DemoFacts, key: string): string[] {
  const { accepted = 0, duplicate = 0, repeated = 0, unexpected = [] } = sending.answers.get(key) ?? {};
  const problems = unexpected.map((answer) => `answered with ${answer}`);
  // A start that succeeded only after the answer 503 makes the next request a duplicate.
  if (accepted === 0 && duplicate > 0 && repeated > 0) return problems;
  return [...problems, ...expect('times accepted', 1, accepted)];
}

function attemptsOf({ deliveries }: EventView, endpoint: string): string {
  const delivery = deliveries.find((candidate) => candidate.endpoint === endpoint);
  return delivery?.attempts.map((attempt) => attempt.status_code ?? 'error').join() ?? 'none';
}

function expect<T extends string | number>(what: string, wanted: T, got: T): string[] {
  return wanted === got ? [] : [`${what}: ${got}, expected ${wanted}`];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The report as a table for people. */
export function formatReport(report: DemoReport): string {
  const { events, identical, deliveries, elapsedMs, eventsPerSecond, answerP50, answerP99 } = report;
  const rows: [string, number | string, string][] = [
    ['events', events, 'every payload of @octokit/webhooks-examples, and some of Stripe'],
    ['requests sent', report.requests, 'a tenth of the events twice, one 50 times at once'],
    ['accepted', report.accepted, '202: durable before the answer'],
    ['duplicates', report.duplicates, '200: known by their id'],
    ['sent again', report.repeated, 'after a 503, as a provider would'],
    ['handled exactly once', report.handledOnce, `${events - report.handledOnce} events with other counts`],
    ['delivered, verified', report.delivered, 'by the standardwebhooks package'],
    ['retried', report.retried, 'after a 500 on purpose'],
    ['bytes identical', identical, `of ${deliveries} deliveries, retries included`],
    ['dead letters', report.deadLetters, 'on purpose'],
    [
      'elapsed',
      `${(elapsedMs / 1_000).toFixed(1)} s`,
      `${eventsPerSecond.toFixed(0)} events/s, start to end`,
    ],
    ['time to answer', `${answerP50} ms`, `at the median, ${answerP99} ms at the 99th percentile`],
  ];
  return rows
    .map(([name, value, note]) => `  ${name.padEnd(22)}${String(value).padStart(8)}   ${note}`)
    .join('\n');
}
