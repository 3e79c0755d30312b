// Finds the clauses of a contract that concern intellectual property, by weighted cues in its sentences.
import type { DocumentText } from './document.ts';
import { type Clause, findClauses } from './find-clauses.ts';
import { IP_COUNTER_CUES, IP_CUES, IP_HEADING, type IpKind, OTHER_HEADING } from './ip-cues.ts';
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
const TAKEN_FROM = 2.5;
/** A heading is a hint: it lifts a cue of 2, and sinks one of 3. */
const HEADING_WEIGHT = 0.7;
/** A longer paragraph is cut to the sentences that count, and their neighbours. */
const PARAGRAPH_MAX_CHARS = 1_800;
/** Items of a list are added to the clause that begins it, up to this length. */
const CLAUSE_MAX_CHARS = 3_000;
/** A result has at most 1 MiB; this many clauses of that length are half of it. */
const CLAUSES_MAX = 150;
/** `(a)`, `a)`, `(iv)`, `a.` and bullets; `1.` is a section. */
const LIST_ITEM = /^(?:\(\s?\w{1,4}\s?\)|\w{1,3}\)|(?:[a-z]|[ivx]{1,5})\.|[•●▪◦·*-])\s/;

interface Finding {
  sentence: number;
  kinds: Map<IpKind, string>;
}

export function findIpClauses(document: DocumentText): IpClause[] {
  const clauses = findClauses(document.blocks);
  const found: IpClause[] = [];
  let taken = -1;
  clauses.forEach((clause, i) => {
    if (clause.isHeading || i <= taken) return;
    const { text, last } = withItems(clauses, i);
    const sentences = splitSentences(text);
    const findings = sentences.flatMap((sentence, at) => judge(sentence, at, clause));
    if (findings.length === 0) return;
    taken = last;
    found.push(...cut(sentences, findings).map((part) => toIpClause(clause, part.text, part.findings)));
  });
  return found.slice(0, CLAUSES_MAX);
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
  const bonus = headingBonus(clause) + 0.5 * Math.min(scores.size - 1, 2);
  const kinds = [...scores].filter(([kind, { score }]) => score + bonus - against(text, kind) >= TAKEN_FROM);
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
  const own = matchable(headings.slice(-2).join(' | '));
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

interface Part {
  text: string;
  findings: Finding[];
}

/** The whole paragraph if it is short; else each run of sentences that count, with a neighbour on both sides. */
function cut(sentences: readonly string[], findings: readonly Finding[]): Part[] {
  const whole = sentences.join(' ');
  if (whole.length <= PARAGRAPH_MAX_CHARS) return [{ text: whole, findings: [...findings] }];
  const parts: { from: number; to: number; findings: Finding[] }[] = [];
  for (const finding of findings) {
    const last = parts.at(-1);
    const from = Math.max(0, finding.sentence - 1);
    const to = Math.min(sentences.length, finding.sentence + 2);
    if (last !== undefined && from <= last.to) {
      last.to = to;
      last.findings.push(finding);
    } else parts.push({ from, to, findings: [finding] });
  }
  return parts.map(({ from, to, findings: own }) => ({
    text: sentences.slice(from, to).join(' '),
    findings: own,
  }));
}

function toIpClause(clause: Clause, text: string, findings: readonly Finding[]): IpClause {
  const kinds = new Map(findings.flatMap((finding) => [...finding.kinds]));
  return {
    clause: clause.number || ([...kinds.keys()][0] ?? ''),
    heading: clause.heading,
    text,
    page: clause.page,
    reason: [...kinds].map(([kind, says]) => (kind.includes(says) ? kind : `${kind}: ${says}`)).join('; '),
  };
}
