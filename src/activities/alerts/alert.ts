// An alert as the channels get it, and the texts that they share.
import { type Example, type Gathered, type LetterKind, OTHER, type Tally } from '../../contracts/alert.ts';

export interface Alert {
  /** The same in every attempt to send this alert. */
  id: string;
  route: string;
  /** When the alert route decided to send the alert. */
  at: Date;
  gathered: Gathered;
  /** How many dead letters are open now, by source; a source that could not be counted is absent. */
  open: Readonly<Record<string, number>>;
  /** The URL of a run in the Web UI; undefined where the address of the Web UI is not known. */
  linkTo: LinkTo;
  /** Sent by `surehook alerts test`. */
  isTest: boolean;
}

export type LinkTo = (source: string, eventId: string, runId: string) => string | undefined;

/** In the order in which a message names them. */
const KINDS: LetterKind[] = ['dead_letter', 'expiring', 'expired', 'recovered', 'discarded'];
const SOURCES_SHOWN = 10;
const EXAMPLES_SHOWN = 5;
const CODES_SHOWN = 5;

/** `12 dead letters, 3 recovered: partner; endpoint billing is down`. */
export function toTitle({ gathered, isTest }: Pick<Alert, 'gathered' | 'isTest'>): string {
  const { down, up } = endpointsOf(gathered);
  const parts = [toDeadLetters(gathered), toEndpoints(down, 'down'), toEndpoints(up, 'up again')];
  const title = parts.filter((part) => part !== undefined).join('; ');
  return isTest ? `Test alert: ${title}` : capitalise(title);
}

function toDeadLetters(gathered: Gathered): string | undefined {
  const parts = KINDS.flatMap((kind) => {
    const count = total(gathered[kind]);
    return count === 0 ? [] : [countOf(kind, count, gathered.dead_letter === undefined)];
  });
  const sources = sourcesOf(gathered);
  const where = sources.length === 1 ? sources[0] : `${sources.length} sources`;
  return parts.length === 0 ? undefined : `${parts.join(', ')}: ${where}`;
}

function toEndpoints(names: string[], what: string): string | undefined {
  if (names.length === 0) return undefined;
  return names.length === 1 ? `endpoint ${names[0]} is ${what}` : `${names.length} endpoints are ${what}`;
}

/** Each endpoint is in one of the two lists, by the latest raise about it. */
export function endpointsOf({ endpoint_down = {}, endpoint_up = {} }: Gathered) {
  return { down: Object.keys(endpoint_down), up: Object.keys(endpoint_up) };
}

/** @param isNamed whether the text names dead letters even if the kind alone would do */
function countOf(kind: LetterKind, count: number, isNamed: boolean): string {
  const number = count.toLocaleString('en');
  const deadLetters = count === 1 ? 'dead letter' : 'dead letters';
  switch (kind) {
    case 'dead_letter':
      return `${number} ${deadLetters}`;
    case 'expired':
    case 'recovered':
    case 'discarded':
      return isNamed ? `${number} ${deadLetters} ${kind}` : `${number} ${kind}`;
    case 'expiring':
      return `${number} ${deadLetters} about to expire`;
  }
}

export interface Section {
  heading: string;
  /** One per source or endpoint. */
  lines: string[];
}

/** What happened, kind by kind. */
export function toSections({ gathered, open }: Alert): Section[] {
  return [...toDeadLetterSections(gathered, open), ...toEndpointSections(gathered)];
}

function toEndpointSections(gathered: Gathered): Section[] {
  const { down, up } = endpointsOf(gathered);
  const toLines = (names: string[], toText: (name: string) => string) => [
    ...names.slice(0, SOURCES_SHOWN).map(toText),
    ...(names.length > SOURCES_SHOWN ? [`${names.length - SOURCES_SHOWN} more`] : []),
  ];
  const downLine = (name: string) => {
    const { errors = {}, last_at = '' } = gathered.endpoint_down?.[name] ?? {};
    const codes = most(errors);
    const since = `${last_at.slice(0, 19).replace('T', ' ')} UTC`;
    return `${name}: since ${since}${codes ? ` (${codes})` : ''}, its deliveries are held`;
  };
  return [
    ...(down.length > 0 ? [{ heading: 'Endpoints that are down', lines: toLines(down, downLine) }] : []),
    ...(up.length > 0 ? [{ heading: 'Endpoints that are up again', lines: toLines(up, String) }] : []),
  ];
}

function toDeadLetterSections(gathered: Gathered, open: Alert['open']): Section[] {
  return KINDS.flatMap((kind) => {
    const bySource = gathered[kind];
    if (bySource === undefined) return [];
    const tallies = Object.values(bySource);
    const first = tallies.map(({ first_at }) => first_at).sort()[0] ?? '';
    const last =
      tallies
        .map(({ last_at }) => last_at)
        .sort()
        .at(-1) ?? '';
    const sources = Object.entries(bySource).sort(([, a], [, b]) => b.count - a.count);
    const lines = sources
      .slice(0, SOURCES_SHOWN)
      .map(([source, tally]) => toLine(source, tally, open[source]));
    const rest = sources.slice(SOURCES_SHOWN);
    if (rest.length > 0) {
      const count = rest.reduce((sum, [, tally]) => sum + tally.count, 0);
      lines.push(`${rest.length} more sources: ${count.toLocaleString('en')}`);
    }
    return [
      { heading: `${capitalise(countOf(kind, total(bySource), true))} ${between(first, last)}`, lines },
    ];
  });
}

/** `partner: 10 (http_500 8, timeout 2; deliver:billing 10), 27 open now`. */
function toLine(source: string, { count, errors, steps }: Tally, open: number | undefined): string {
  const counts = [most(errors), most(steps)].filter(Boolean).join('; ');
  const now = open === undefined ? '' : `, ${open === 0 ? 'none' : open.toLocaleString('en')} open now`;
  return `${source}: ${count.toLocaleString('en')}${counts ? ` (${counts})` : ''}${now}`;
}

/** The most frequent first: `http_500 8, timeout 2`. */
export function most(counts: Record<string, number>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, CODES_SHOWN).map(([name, count]) => `${name} ${count.toLocaleString('en')}`);
  return [...shown, ...(sorted.length > CODES_SHOWN ? ['…'] : [])].join(', ');
}

export interface ShownExample extends Example {
  source: string;
  url?: string;
}

/** A few dead letters that need somebody, and none that have ended. */
export function toExamples({ gathered, linkTo }: Alert): ShownExample[] {
  const kind = gathered.dead_letter ? 'dead_letter' : 'expiring';
  // One of each source in turn, so that no source crowds out another.
  const bySource = Object.entries(gathered[kind] ?? {}).filter(([source]) => source !== OTHER);
  const rounds = Array.from({ length: EXAMPLES_SHOWN }, (_, n) =>
    bySource.flatMap(([source, { examples }]) =>
      examples.slice(n, n + 1).map((example) => ({ source, ...example })),
    ),
  );
  return rounds
    .flat()
    .slice(0, EXAMPLES_SHOWN)
    .map((example) => {
      const url = linkTo(example.source, example.event_id, example.run_id);
      return url === undefined ? example : { ...example, url };
    });
}

/** ` (order.paid): deliver:billing, http_500`: the text after an example's id. */
export function describeExample({ event_type, failed_steps, errors }: Example): string {
  const what = [...failed_steps, ...errors].join(', ');
  return ` (${event_type})${what ? `: ${what}` : ''}`;
}

/** The commands to run next; none if everything has ended. */
export function toNextSteps({ gathered }: Pick<Alert, 'gathered'>): string[] {
  const endpoints = endpointsOf(gathered).down.length > 0 ? ['surehook endpoints list'] : [];
  const sources = sourcesOf({ dead_letter: gathered.dead_letter, expiring: gathered.expiring } as Gathered);
  if (sources.length > 3) return ['surehook dead-letters list', ...endpoints];
  return [...sources.map((source) => `surehook dead-letters list --source ${source}`), ...endpoints];
}

/** The sources of all dead letters in the alert. */
export function sourcesOf(gathered: Gathered): string[] {
  return [...new Set(KINDS.flatMap((kind) => Object.keys(gathered[kind] ?? {})))];
}

function total(bySource: Record<string, Tally> = {}): number {
  return Object.values(bySource).reduce((sum, { count }) => sum + count, 0);
}

function between(first: string, last: string): string {
  const day = (at: string) => at.slice(0, 10);
  const time = (at: string) => at.slice(11, 19);
  if (first.slice(0, 19) === last.slice(0, 19)) return `at ${day(first)} ${time(first)} UTC`;
  const end = day(first) === day(last) ? time(last) : `${day(last)} ${time(last)}`;
  return `between ${day(first)} ${time(first)} and ${end} UTC`;
}

const capitalise = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
