// Adds raises up into tallies that stay small, however many raises there are.
import {
  type AlertKind,
  type EndpointKind,
  type Gathered,
  isOfEndpoint,
  OTHER,
  type Raise,
  type Tally,
} from '../contracts/alert.ts';

/** A reader of an alert looks at a few examples. */
const EXAMPLES_MAX = 5;
/** Error codes contain the names of handlers' errors, so there may be any number of codes. */
const CODES_MAX = 20;
/** A config may have any number of sources, and nobody reads an alert that names more. */
const SOURCES_MAX = 100;

/** An endpoint is either down or up, so a raise of one kind removes the other. */
export function addRaise(gathered: Gathered, raise: Raise): void {
  if (isOfEndpoint(raise.kind)) remove(gathered, oppositeOf(raise.kind), raise.source);
  const { kind, source, errors, failed_steps, event_id, event_type, at, run_id } = raise;
  addTally(gathered, kind, source, {
    count: 1,
    first_at: at,
    last_at: at,
    errors: Object.fromEntries(errors.map((code) => [code, 1])),
    steps: Object.fromEntries(failed_steps.map((step) => [step, 1])),
    examples: isOfEndpoint(kind) ? [] : [{ event_id, event_type, failed_steps, errors, at, run_id }],
  });
}

/** Adds all of `more`, which is older than `gathered`: what `gathered` says of an endpoint is the latest. */
export function addGathered(gathered: Gathered, more: Gathered): void {
  for (const kind of Object.keys(more) as AlertKind[]) {
    for (const [source, tally] of Object.entries(more[kind] ?? {})) {
      if (isOfEndpoint(kind) && gathered[oppositeOf(kind)]?.[source]) continue;
      addTally(gathered, kind, source, tally);
    }
  }
}

const oppositeOf = (kind: EndpointKind) => (kind === 'endpoint_down' ? 'endpoint_up' : 'endpoint_down');

function remove(gathered: Gathered, kind: EndpointKind, endpoint: string): void {
  const tallies = gathered[kind];
  if (tallies === undefined) return;
  delete tallies[endpoint];
  if (Object.keys(tallies).length === 0) delete gathered[kind];
}

export function isEmpty(gathered: Gathered): boolean {
  return Object.keys(gathered).length === 0;
}

function addTally(gathered: Gathered, kind: AlertKind, source: string, more: Tally): void {
  gathered[kind] ??= {};
  const bySource = gathered[kind];
  const key = boundedKey(bySource, source, SOURCES_MAX);
  const tally = bySource[key];
  if (tally === undefined) {
    bySource[key] = more;
    return;
  }
  tally.count += more.count;
  if (more.first_at < tally.first_at) tally.first_at = more.first_at;
  if (more.last_at > tally.last_at) tally.last_at = more.last_at;
  addCounts(tally.errors, more.errors);
  addCounts(tally.steps, more.steps);
  tally.examples.push(...more.examples.slice(0, EXAMPLES_MAX - tally.examples.length));
}

function addCounts(counts: Record<string, number>, more: Record<string, number>): void {
  for (const [name, count] of Object.entries(more)) {
    const key = boundedKey(counts, name, CODES_MAX);
    counts[key] = (counts[key] ?? 0) + count;
  }
}

/** A record at its bound counts every new key as `OTHER`. */
function boundedKey(record: Record<string, unknown>, key: string, max: number): string {
  return Object.hasOwn(record, key) || Object.keys(record).length < max ? key : OTHER;
}
