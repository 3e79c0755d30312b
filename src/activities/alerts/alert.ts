// An alert as the channels see it, and the words that all of them use.
import { type Example, type Gathered, type LetterKind, OTHER, type Tally } from '../../contracts/alert.ts';

export interface Alert {
  /** The same over every retry of this alert. */
  id: string;
  route: string;
  /** When it was decided to send it. */
  at: Date;
  gathered: Gathered;
  /** Dead letters that wait for somebody now, by source; without those that could not be counted. */
  open: Readonly<Record<string, number>>;
  /** Of the run in the Web UI, where its address is known. */
  linkTo: LinkTo;
  /** Sent by `surehook alerts test`. */
  isTest: boolean;
}

export type LinkTo = (source: string, eventId: string, runId: string) => string | undefined;

/** In the order in which they are told. */
const KINDS: LetterKind[] = ['dead_letter', 'expiring', 'expired', 'recovered', 'discarded'];
const SOURCES_TOLD = 10;
const EXAMPLES_TOLD = 5;
const CODES_TOLD = 5;

/** `12 dead letters, 3 recovered: partner; endpoint billing is down`. */
export function toTitle({ gathered, isTest }: Pick<Alert, 'gathered' | 'isTest'>): string {
  const { down, up } = endpointsOf(gathered);
  const parts = [toLetters(gathered), toEndpoints(down, 'down'), toEndpoints(up, 'up again')];
  const title = parts.filter((part) => part !== undefined).join('; ');
  return isTest ? `Test alert: ${title}` : capitalise(title);
}

function toLetters(gathered: Gathered): string | undefined {
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

/** Each is in one of them: what became of it last. */
export function endpointsOf({ endpoint_down = {}, endpoint_up = {} }: Gathered) {
  return { down: Object.keys(endpoint_down), up: Object.keys(endpoint_up) };
}

/** @param named says of what, where nothing before it does */
function countOf(kind: LetterKind, count: number, named: boolean): string {
  const number = count.toLocaleString('en');
  const letters = count === 1 ? 'dead letter' : 'dead letters';
  switch (kind) {
    case 'dead_letter':
      return `${number} ${letters}`;
    case 'expired':
    case 'recovered':
    case 'discarded':
      return named ? `${number} ${letters} ${kind}` : `${number} ${kind}`;
    case 'expiring':
      return `${number} ${letters} about to expire`;
  }
}

export interface Section {
  heading: string;
  /** One per source. */
  lines: string[];
}

/** What happened, kind by kind. */
export function toSections({ gathered, open }: Alert): Section[] {
  return [...toLetterSections(gathered, open), ...toEndpointSections(gathered)];
}

function toEndpointSections(gathered: Gathered): Section[] {
  const { down, up } = endpointsOf(gathered);
  const toLines = (names: string[], toText: (name: string) => string) => [
    ...names.slice(0, SOURCES_TOLD).map(toText),
    ...(names.length > SOURCES_TOLD ? [`${names.length - SOURCES_TOLD} more`] : []),
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

function toLetterSections(gathered: Gathered, open: Alert['open']): Section[] {
  return KINDS.flatMap((kind) => {
    const bySource = gathered[kind];
    if (bySource === undefined) return [];
    const all = Object.values(bySource);
    const first = all.map(({ first_at }) => first_at).sort()[0] ?? '';
    const last =
      all
        .map(({ last_at }) => last_at)
        .sort()
        .at(-1) ?? '';
    const sources = Object.entries(bySource).sort(([, a], [, b]) => b.count - a.count);
    const lines = sources
      .slice(0, SOURCES_TOLD)
      .map(([source, tally]) => toLine(source, tally, open[source]));
    const rest = sources.slice(SOURCES_TOLD);
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
  const told = sorted.slice(0, CODES_TOLD).map(([name, count]) => `${name} ${count.toLocaleString('en')}`);
  return [...told, ...(sorted.length > CODES_TOLD ? ['…'] : [])].join(', ');
}

export interface ToldExample extends Example {
  source: string;
  url?: string;
}

/** A few of what needs somebody; of what has ended, none. */
export function toExamples({ gathered, linkTo }: Alert): ToldExample[] {
  const kind = gathered.dead_letter ? 'dead_letter' : 'expiring';
  // One of each source in turn, so that none is drowned out.
  const bySource = Object.entries(gathered[kind] ?? {}).filter(([source]) => source !== OTHER);
  const rounds = Array.from({ length: EXAMPLES_TOLD }, (_, n) =>
    bySource.flatMap(([source, { examples }]) => examples.slice(n, n + 1).map((one) => ({ source, ...one }))),
  );
  return rounds
    .flat()
    .slice(0, EXAMPLES_TOLD)
    .map((one) => {
      const url = linkTo(one.source, one.event_id, one.run_id);
      return url === undefined ? one : { ...one, url };
    });
}

/** ` (order.paid): deliver:billing, http_500`: what stands behind an example's id. */
export function describeExample({ event_type, failed_steps, errors }: Example): string {
  const what = [...failed_steps, ...errors].join(', ');
  return ` (${event_type})${what ? `: ${what}` : ''}`;
}

/** The commands to run next; none where everything has ended. */
export function toNextSteps({ gathered }: Pick<Alert, 'gathered'>): string[] {
  const endpoints = endpointsOf(gathered).down.length > 0 ? ['surehook endpoints list'] : [];
  const sources = sourcesOf({ dead_letter: gathered.dead_letter, expiring: gathered.expiring } as Gathered);
  if (sources.length > 3) return ['surehook dead-letters list', ...endpoints];
  return [...sources.map((source) => `surehook dead-letters list --source ${source}`), ...endpoints];
}

/** Of dead letters. */
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
