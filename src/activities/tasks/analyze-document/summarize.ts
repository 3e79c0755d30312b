// Makes a summary of sentences of the document itself: those that have its most telling words.
import type { DocumentText } from './document.ts';
import { findClauses } from './find-clauses.ts';
import { splitSentences } from './split-sentences.ts';
import { STOP_WORDS, splitWords } from './split-words.ts';

/** A summary is read in a minute: this many sentences, and no more characters than that. */
const SENTENCES_MAX = 8;
const SUMMARY_MAX_CHARS = 2_400;
/** Shorter sentences say too little by themselves, and longer ones are lists. */
const SENTENCE_MIN_WORDS = 8;
const SUMMED_MAX_CHARS = 700;
/** The first sentences say what a document is: parties, date, purpose. */
const OPENING_SENTENCES = 6;
const OPENING_FACTOR = 1.6;
/** Two sentences that share more of their words than this say the same. */
const SAME_SHARE = 0.5;

/** What stands before the title is a number of an exhibit, or the names of the parties. */
const TITLE_WITHIN_BLOCKS = 12;
const TITLE_WORDS =
  /\b(?:agreement|contract|terms|licen[sc]e|policy|lease|deed|plan|report|addendum|amendment)\b/i;
/** Preambles and definitions say little without the rest. */
const PREAMBLE = /^(?:whereas|now,? therefore|in witness)\b|\b(?:means?|shall mean|has the meaning)\b/i;

export interface Summary {
  title: string | null;
  summary: string;
  sentences: { text: string; page: number | null; heading: string }[];
}

interface Candidate {
  text: string;
  page: number | null;
  heading: string;
  words: Set<string>;
  at: number;
  score: number;
}

export function summarize(document: DocumentText): Summary {
  const candidates = listCandidates(document);
  const chosen = choose(candidates).sort((one, other) => one.at - other.at);
  return {
    title: titleOf(document),
    summary: chosen.map(({ text }) => text).join(' '),
    sentences: chosen.map(({ text, page, heading }) => ({ text, page, heading })),
  };
}

function titleOf({ blocks }: DocumentText): string | null {
  const marked = blocks.find(({ level }) => level === 1);
  if (marked !== undefined) return marked.text;
  const headings = findClauses(blocks.slice(0, TITLE_WITHIN_BLOCKS)).filter(
    ({ isHeading, number, text }) => isHeading && number === '' && /\S\s+\S/.test(text),
  );
  const title = headings.find(({ text }) => TITLE_WORDS.test(text)) ?? headings[0];
  return title?.text ?? null;
}

/** Each sentence with the mean weight of its words: how often the document has them, by the square root. */
function listCandidates(document: DocumentText): Candidate[] {
  const counts = new Map<string, number>();
  for (const { text } of document.blocks)
    for (const word of telling(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const candidates: Candidate[] = [];
  for (const { body, page, heading, isHeading } of findClauses(document.blocks)) {
    if (isHeading) continue;
    for (const text of splitSentences(body)) {
      const words = new Set(telling(text));
      if (PREAMBLE.test(text)) continue;
      if (splitWords(text).length < SENTENCE_MIN_WORDS || text.length > SUMMED_MAX_CHARS) continue;
      const weight = [...words].reduce((sum, word) => sum + Math.sqrt(counts.get(word) ?? 0), 0);
      const at = candidates.length;
      const score = (weight / (words.size + 4)) * (at < OPENING_SENTENCES ? OPENING_FACTOR : 1);
      candidates.push({ text, page, heading, words, at, score });
    }
  }
  return candidates;
}

function telling(text: string): string[] {
  return splitWords(text).filter((word) => word.length > 2 && !STOP_WORDS.has(word) && !/^\d+$/.test(word));
}

function choose(candidates: readonly Candidate[]): Candidate[] {
  const chosen: Candidate[] = [];
  let chars = 0;
  for (const candidate of [...candidates].sort(
    (one, other) => other.score - one.score || one.at - other.at,
  )) {
    if (chosen.length === SENTENCES_MAX) break;
    const fits = chars + candidate.text.length <= SUMMARY_MAX_CHARS;
    if (!fits || chosen.some((other) => isSame(candidate, other))) continue;
    chosen.push(candidate);
    chars += candidate.text.length;
  }
  return chosen;
}

function isSame({ words }: Candidate, other: Candidate): boolean {
  const shared = [...words].filter((word) => other.words.has(word)).length;
  return shared > SAME_SHARE * Math.min(words.size, other.words.size);
}
