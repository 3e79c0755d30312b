// Judges whether the ingresses answered the good sender while nothing that they depend on was disturbed.
import type { Book, Incident, Send } from './book.ts';

export interface Availability {
  /** Requests to an ingress that was up, while Temporal was up. */
  requests: number;
  /** Those of them that got a 2xx in time. */
  answered: number;
  /** Those that did not, apart from those that a busy machine explains. */
  bad: Send[];
  /** How many a busy machine explains; they are not in `requests`. */
  starved: number;
}

/** Surehook answers within 3 s, whatever happens. */
const ANSWER_WITHIN_MS = 3_000;
/** An ingress that was started, or whose Temporal was away, connects again within this time. */
const RECOVERY_MS = 5_000;
const REQUIRED_SHARE = 0.999;
/** More lines would only repeat what is wrong. */
const LINES_MAX = 5;
const DISTURBANCES = ['kill', 'stop', 'term'];

/** @param isStarved whether the machine was too busy at the time of the request */
export function measureAvailability(book: Book, isStarved: (send: Send) => boolean): Availability {
  const disturbances = book.incidents.filter(({ action }) => DISTURBANCES.includes(action));
  const sends = [...book.events.values()].flatMap(({ sends }) => sends);
  const undisturbed = sends.filter((send) => !disturbances.some((one) => disturbs(one, send)));
  const missed = undisturbed.filter((send) => !isAnswered(send));
  const bad = missed.filter((send) => !isStarved(send));
  const starved = missed.length - bad.length;
  const requests = undisturbed.length - starved;
  return { requests, answered: requests - bad.length, bad, starved };
}

export function judgeAvailability(book: Book, { requests, answered, bad }: Availability): string[] {
  if (answered >= REQUIRED_SHARE * requests) return [];
  const lines = bad.slice(0, LINES_MAX).map((one) => {
    const { to, answer, at, endedAt } = one;
    return `${to} answered ${answer} after ${endedAt - at} ms at ${book.clock(at)}`;
  });
  const share = `${answered} of ${requests} requests to ingresses that nothing disturbed were answered well`;
  return [`${share}: ${lines.join(', ')}`];
}

/** A 503 is the right answer of an ingress whose Temporal is away, and the wrong one while Temporal is up. */
function isAnswered({ at, endedAt, answer }: Send): boolean {
  return (answer === 200 || answer === 202) && endedAt - at <= ANSWER_WITHIN_MS;
}

function disturbs({ at, until = Number.POSITIVE_INFINITY, target }: Incident, send: Send): boolean {
  const isOfThis = target.startsWith(`${send.to}#`) || target.startsWith('temporal#');
  return isOfThis && at <= send.endedAt && until + RECOVERY_MS >= send.at;
}
