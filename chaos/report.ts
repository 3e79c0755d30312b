// Builds and formats the report of a run: the totals, and everything that no fault explains.
import type { Availability } from './availability.ts';
import { type Book, type EventRecord, keyOf } from './book.ts';
import { isDeed } from './deeds.ts';
import type { Outcome } from './outcomes.ts';
import { isTask } from './tasks.ts';

export interface ChaosReport {
  seed: number;
  minutes: number;
  events: number;
  requests: number;
  acknowledged: number;
  never_acknowledged: number;
  /** Requests that were answered with 503; `unanswered` counts requests without any answer. */
  refused: number;
  unanswered: number;
  processed: number;
  dead_letters: number;
  /** Events and tasks. */
  lost: number;
  stuck: number;
  tasks: number;
  task_requests: number;
  /** Tasks that have completed, and whose callback was delivered. */
  tasks_called_back: number;
  called_back_twice: number;
  handled: number;
  handled_more_than_once: number;
  /** Events that came twice, or were answered late, only because of other work on the machine. */
  starved: string[];
  /** The machine's highest load per core. */
  load_per_core: number;
  deliveries: number;
  delivered_twice_healthy: number;
  delivered_twice_flaky: number;
  delivered_twice_odd: number;
  refused_deliveries: number;
  /** What nasty handlers did, by kind. */
  deeds: Record<string, number>;
  /** Strangers' sockets by kind, and by the status that they were answered with. */
  strangers: Record<string, Record<string, number>>;
  /** Answers of the odd endpoint by kind. */
  odd_answers: Record<string, number>;
  /** Requests to ingresses that nothing disturbed, and those of them that got a 2xx within 3 s. */
  undisturbed_requests: number;
  answered_well: number;
  /** Requests that were answered badly only because of other work on the machine. */
  starved_requests: number;
  faults: Record<string, number>;
  /** Seconds from an event's first request to the end of its workflow. */
  seconds_p50: number;
  seconds_p99: number;
  seconds_max: number;
  problems: string[];
}

export interface ReportInput {
  seed: number;
  minutes: number;
  book: Book;
  outcomes: ReadonlyMap<string, Outcome>;
  /** What is wrong, by event key. */
  faults: ReadonlyMap<string, string[]>;
  starved: string[];
  availability: Availability;
}

export function buildReport(input: ReportInput): ChaosReport {
  const { seed, minutes, book, outcomes, faults, starved, availability } = input;
  const { tasks = [], events = [] } = Object.groupBy(book.events.values(), (one) =>
    isTask(one) ? 'tasks' : 'events',
  );
  const sends = events.flatMap((event) => event.sends);
  const deliveries = events.flatMap((event) => event.deliveries);
  const count = (isCounted: (event: EventRecord) => boolean) => events.filter(isCounted).length;
  const takenTwice = (name: string) =>
    count(
      (event) => event.deliveries.filter((one) => one.endpoint === name && one.answer === 200).length > 1,
    );
  const withStatus = (status: string, of = events) =>
    of.filter((one) => outcomes.get(keyOf(one))?.status === status).length;
  const isLost = (lines: string[]) => lines.some((line) => line.startsWith('LOST'));
  const seconds = events
    .map(({ source, id, sends: [first] }) => {
      const closedAt = outcomes.get(`${source}:${id}`)?.closedAt;
      return first && closedAt ? (closedAt - first.at) / 1_000 : undefined;
    })
    .filter((one) => one !== undefined)
    .toSorted((a, b) => a - b);
  const quantile = (q: number) => Number((seconds[Math.floor(q * (seconds.length - 1))] ?? 0).toFixed(2));
  return {
    seed,
    minutes,
    events: events.length,
    requests: sends.length,
    acknowledged: count((event) => event.acknowledgedAt !== undefined),
    never_acknowledged: count((event) => event.acknowledgedAt === undefined),
    refused: sends.filter(({ answer }) => answer === 503).length,
    unanswered: sends.filter(({ answer }) => typeof answer === 'string').length,
    processed: withStatus('processed'),
    dead_letters: withStatus('failed'),
    lost: [...faults.values()].filter(isLost).length,
    stuck: withStatus('open', [...events, ...tasks]),
    tasks: tasks.length,
    task_requests: tasks.flatMap((task) => task.sends).length,
    tasks_called_back: withStatus('processed', tasks),
    called_back_twice: tasks.filter(({ deliveries }) => deliveries.length > 1).length,
    handled: count((event) => event.handled.length > 0),
    handled_more_than_once: count((event) => event.handled.length > 1),
    starved,
    load_per_core: Math.max(0, ...book.loads.map(({ perCore }) => Number(perCore.toFixed(1)))),
    deliveries: deliveries.length,
    delivered_twice_healthy: takenTwice('healthy'),
    delivered_twice_flaky: takenTwice('flaky'),
    delivered_twice_odd: takenTwice('odd'),
    deeds: countBy(events.flatMap(({ deeds }) => deeds.map(({ kind }) => kind))),
    strangers: book.strangers,
    odd_answers: countBy(deliveries.flatMap(({ oddity }) => (oddity === undefined ? [] : [oddity]))),
    undisturbed_requests: availability.requests,
    answered_well: availability.answered,
    starved_requests: availability.starved,
    refused_deliveries: deliveries.filter(({ answer }) => answer !== 200).length,
    faults: countFaults(book),
    seconds_p50: quantile(0.5),
    seconds_p99: quantile(0.99),
    seconds_max: quantile(1),
    problems: [
      ...book.problems,
      ...[...faults].flatMap(([key, lines]) => lines.map((line) => `${key}: ${line}`)),
    ],
  };
}

function countFaults({ incidents }: Book): Record<string, number> {
  const faults = incidents.filter((incident) => !isDeed(incident));
  return countBy(faults.map(({ action, target }) => `${action} ${target.replace(/\d*(#.*)?$/, '')}`));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).toSorted());
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
const list = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');

/** Rounded down: 99.9 % is not shown as 100 %. */
const percent = (part: number, whole: number) =>
  whole === 0 ? '–' : `${Math.floor((part / whole) * 10_000) / 100} %`;

/** @returns a table for people */
export function formatReport(report: ChaosReport): string {
  const { refused, unanswered, seconds_p50, seconds_p99, seconds_max } = report;
  const strangers = Object.entries(report.strangers).map(
    ([kind, answers]) => [kind, sum(answers), list(answers)] as const,
  );
  const rows: [string, number | string, string][] = [
    ['seed', report.seed, `${report.minutes} minutes`],
    [
      'events',
      report.events,
      `in ${report.requests} requests: ${refused} answered 503, ${unanswered} not at all`,
    ],
    ['acknowledged', report.acknowledged, `${report.never_acknowledged} never`],
    [
      'tasks',
      report.tasks,
      `in ${report.task_requests} requests: ${report.tasks_called_back} completed and called back, ${report.called_back_twice} of them more than once`,
    ],
    ['lost', report.lost, `${report.stuck} stuck; events and tasks`],
    ['processed', report.processed, ''],
    ['dead letters', report.dead_letters, 'handlers and an endpoint that fail on purpose'],
    [
      'handled',
      report.handled,
      `${report.handled_more_than_once} more than once: worker, server or handler process ended or stopped`,
    ],
    ['deliveries', report.deliveries, `${report.refused_deliveries} refused, hung or reset by the endpoint`],
    [
      'taken twice',
      report.delivered_twice_healthy + report.delivered_twice_flaky + report.delivered_twice_odd,
      `${report.delivered_twice_healthy} by the healthy endpoint, ${report.delivered_twice_flaky} by the flaky one, ${report.delivered_twice_odd} by the odd one`,
    ],
    ['nasty deeds', sum(report.deeds), list(report.deeds)],
    ['odd answers', sum(report.odd_answers), list(report.odd_answers)],
    [
      'strangers',
      strangers.reduce((total, [, sockets]) => total + sockets, 0),
      strangers.map(([kind, sockets, answers]) => `${kind} ${sockets} (${answers})`).join(', '),
    ],
    [
      'answered well',
      percent(report.answered_well, report.undisturbed_requests),
      `of ${report.undisturbed_requests} requests to ingresses that were up, with Temporal up, in 3 s; ${report.starved_requests} more were starved`,
    ],
    [
      'starved',
      report.starved.length,
      `events disturbed by other work on the machine: load per core up to ${report.load_per_core}`,
    ],
    [
      'seconds to the end',
      seconds_p50,
      `at the median, ${seconds_p99} at the 99th percentile, ${seconds_max} at most`,
    ],
    ['faults', sum(report.faults), list(report.faults)],
  ];
  return rows
    .map(([name, value, note]) => `  ${name.padEnd(20)}${String(value).padStart(8)}   ${note}`)
    .join('\n');
}
