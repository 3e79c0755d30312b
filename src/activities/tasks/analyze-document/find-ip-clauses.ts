// Finds the clauses of a contract that concern intellectual property, by weighted cues in its sentences.
import type { DocumentText } from './document.ts';
import { type Clause, findClauses } from './find-clauses.ts';
import { IP_COUNTER_CUES, IP_HEADING, OTHER_HEADING, OWNERSHIP_HEADING } from './ip-counter-cues.ts';
import { IP_CUES, type IpKind } from './ip-cues.ts';
import { splitSentences } from './split-sentences.ts';

export interface IpClause {
  /** Its number, such as `4.2` or `7(a)`; where it has none, its kind. */
  clause: string;
  heading: string;
  /** As it stands in the document, with white space folded. */
  text: string;
  page: number | null;
  /** The kinds, and the cues that spoke for it. */
  reason: string;
}

/** What a sentence must score, all cues and counter cues added up. Tuned on contracts; see docs/analyze-document.md. */
const TAKEN_FROM = 2.8;
/** A heading is a hint: it lifts a cue of 2, and sinks one of 3. */
const HEADING_WEIGHT = 0.7;
const OWNERSHIP_HEADING_WEIGHT = 1.6;
/** A weaker cue supports another; by itself it counts in a section on intellectual property alone. */
const SUPPORT_BELOW = 2;
/** A longer paragraph is cut to the sentences that count, and their neighbours. */
const PARAGRAPH_MAX_CHARS = 2_400;
/** Items of a list are added to the clause that begins it, up to this length. */
const CLAUSE_MAX_CHARS = 3_000;
/** Nobody reads more, and a result must stay small: `fitResult` cuts what is still too large. */
const CLAUSES_MAX = 150;
/** `(a)`, `a)`, `(iv)`, `a.` and bullets; `1.` is a section. */
const LIST_ITEM = /^(?:\(\s?\w{1,4}\s?\)|\w{1,3}\)|(?:[a-z]|[ivx]{1,5})\.|[•●▪◦·*-])\s/;

interface Finding {
  sentence: number;
  kinds: Map<IpKind, string>;
}

/** A run of sentences that is taken, in the blocks from `first` to `last`. */
interface Part {
  clause: Clause;
  first: number;
  last: number;
  text: string;
  kinds: Map<IpKind, string>;
}

export function findIpClauses(document: DocumentText): IpClause[] {
  const clauses = findClauses(document.blocks);
  const parts: Part[] = [];
  let taken = -1;
  clauses.forEach((clause, first) => {
    if (clause.isHeading || first <= taken) return;
    const { text, last } = withItems(clauses, first);
    const sentences = splitSentences(text);
    const findings = sentences.flatMap((sentence, at) => judge(sentence, at, clause));
    if (findings.length === 0) return;
    taken = last;
    for (const part of cut(sentences, findings)) addPart(parts, { clause, first, last, ...part });
  });
  return parts.slice(0, CLAUSES_MAX).map(toIpClause);
}

/** Two paragraphs of one number, one after the other, are one clause. */
function addPart(parts: Part[], part: Part): void {
  const before = parts.at(-1);
  const isOneClause =
    before !== undefined &&
    before.last === part.first - 1 &&
    part.clause.number !== '' &&
    before.clause.number === part.clause.number &&
    before.text.length + part.text.length < CLAUSE_MAX_CHARS;
  if (!isOneClause) return void parts.push(part);
  before.text = `${before.text} ${part.text}`;
  before.last = part.last;
  for (const [kind, says] of part.kinds) if (!before.kinds.has(kind)) before.kinds.set(kind, says);
}

/** A clause that ends in a colon goes on in the items of the list that follows. */
function withItems(clauses: readonly Clause[], i: number): { text: string; last: number } {
  const first = clauses[i] as Clause;
  let text = first.text;
  let last = i;
  if (!/[:—–]$/.test(text)) return { text, last };
  for (const next of clauses.slice(i + 1)) {
    const isItem = !next.isHeading && LIST_ITEM.test(next.text);
    if (!isItem || text.length + next.text.length > CLAUSE_MAX_CHARS) break;
    text += ` ${next.text}`;
    last++;
  }
  return { text, last };
}

function judge(sentence: string, at: number, clause: Clause): Finding[] {
  const text = matchable(sentence);
  const scores = new Map<IpKind, { score: number; says: string }>();
  for (const { kind, says, weight, pattern, needs } of IP_CUES) {
    if (!pattern.test(text) || !(needs ?? []).every((need) => need.test(text))) continue;
    const before = scores.get(kind);
    if (before === undefined || before.score < weight) scores.set(kind, { score: weight, says });
  }
  if (scores.size === 0) return [];
  const heading = headingBonus(clause);
  const bonus = heading + 0.5 * Math.min(scores.size - 1, 2);
  const least = heading === OWNERSHIP_HEADING_WEIGHT ? 0 : SUPPORT_BELOW;
  const kinds = [...scores].filter(
    ([kind, { score }]) => score >= least && score + bonus - against(text, kind) >= TAKEN_FROM,
  );
  if (kinds.length === 0) return [];
  return [{ sentence: at, kinds: new Map(kinds.map(([kind, { says }]) => [kind, says])) }];
}

function against(text: string, kind: IpKind): number {
  const counter = IP_COUNTER_CUES.filter(
    ({ against: kinds, pattern }) => (kinds === undefined || kinds.includes(kind)) && pattern.test(text),
  );
  return counter.reduce((sum, { weight }) => sum + weight, 0);
}

function headingBonus({ headings }: Clause): number {
  if (headings.some((heading) => OWNERSHIP_HEADING.test(matchable(heading)))) return OWNERSHIP_HEADING_WEIGHT;
  // The title says the same of every clause.
  const own = matchable(
    headings
      .filter((heading) => !/\bagreement\b/i.test(heading))
      .slice(-2)
      .join(' | '),
  );
  if (IP_HEADING.test(own)) return HEADING_WEIGHT;
  return OTHER_HEADING.test(own) ? -HEADING_WEIGHT : 0;
}

/** Small letters, straight quotes, no hyphen of a line's end, and l e t t e r s without blanks. */
export function matchable(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[“”„″]/g, '"')
    .replace(/[‘’`´]/g, "'")
    .replace(/[‐‑‒–—]/g, '-')
    .replace(/(\p{L})- (?=\p{L})/gu, '$1-')
    .replace(/(?<![\p{L}'])(?:\p{L} ){4,}\p{L}(?!\p{L})/gu, (spaced) => spaced.replaceAll(' ', ''))
    .replace(/\s+/g, ' ');
}

/** The whole paragraph if it is short; else each run of sentences that count, with a neighbour on both sides. */
function cut(sentences: readonly string[], findings: readonly Finding[]): Pick<Part, 'text' | 'kinds'>[] {
  const whole = sentences.join(' ');
  if (whole.length <= PARAGRAPH_MAX_CHARS) return [{ text: whole, kinds: kindsOf(findings) }];
  const runs: { from: number; to: number; findings: Finding[] }[] = [];
  for (const finding of findings) {
    const last = runs.at(-1);
    const from = Math.max(0, finding.sentence - 1);
    const to = Math.min(sentences.length, finding.sentence + 2);
    const together = last === undefined ? '' : sentences.slice(last.from, to).join(' ');
    if (last !== undefined && (from <= last.to || together.length <= PARAGRAPH_MAX_CHARS)) {
      last.to = to;
      last.findings.push(finding);
    } else runs.push({ from, to, findings: [finding] });
  }
  return runs.map(({ from, to, findings: own }) => {
    const text = sentences.slice(from, to).join(' ');
    return { text, kinds: kindsOf(own) };
  });
}

function kindsOf(findings: readonly Finding[]): Map<IpKind, string> {
  return new Map(findings.flatMap(({ kinds }) => [...kinds]));
}

function toIpClause({ clause, text, kinds }: Part): IpClause {
  return {
    clause: clause.number || ([...kinds.keys()][0] ?? ''),
    heading: clause.heading,
    text,
    page: clause.page,
    reason: [...kinds].map(([kind, says]) => (kind.includes(says) ? kind : `${kind}: ${says}`)).join('; '),
  };
}
