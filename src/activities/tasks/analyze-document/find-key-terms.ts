// Finds the terms that a reader looks for first: parties, defined terms, dates, amounts and the governing law.
import type { DocumentText } from './document.ts';
import { type Clause, findClauses } from './find-clauses.ts';
import { splitSentences } from './split-sentences.ts';

/** Nobody reads more, and a result must stay small: `fitResult` cuts what is still too large. */
const LIST_MAX = 200;
const TEXT_MAX_CHARS = 600;
/** The parties are named at the beginning. */
const PARTIES_WITHIN_BLOCKS = 40;
const OPENING_MAX_CHARS = 2_000;
const PARTIES_MAX = 20;
const BETWEEN = /\b(?:between|among)\b/i;
const CALLED = /\(\s*[^()"“]{0,60}["“]([^"”]{1,50})["”]/;

export interface FoundTerm {
  text: string;
  page: number | null;
  /** The sentence that it stands in. */
  context: string;
}

export interface KeyTerms {
  parties: { name: string; called: string | null; page: number | null }[];
  defined_terms: { term: string; definition: string; page: number | null }[];
  dates: FoundTerm[];
  amounts: FoundTerm[];
  governing_law: FoundTerm | null;
}

const MONTH =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?';
const DATE = new RegExp(
  `\\b(?:${MONTH}\\s+\\d{1,2}(?:st|nd|rd|th)?,?\\s+\\d{4}|\\d{1,2}(?:st|nd|rd|th)?\\s+(?:day\\s+of\\s+)?${MONTH},?\\s+\\d{4}|\\d{4}-\\d{2}-\\d{2}|\\d{1,2}[./]\\d{1,2}[./]\\d{2,4})\\b`,
  'g',
);
const AMOUNT =
  /(?:(?:US|CA|AU|HK)?\$|€|£|¥|\b(?:USD|EUR|GBP|CHF|CAD|AUD|JPY|RMB|CNY|Rs\.?)\s?)\s?\d[\d,. ]*(?:\s?(?:thousand|million|billion|bn|m|k))?\b|\b\d[\d,.]*\s?(?:USD|EUR|GBP|CHF|dollars|euros|pounds)\b/gi;
const DEFINES =
  /^["“]([^"”]{2,80})["”](?:,?\s(?:or|and)\s["“][^"”]{2,60}["”])*\s+(?:means?|shall mean|has the meaning|is defined|refers to|includes)\b/;
const DEFINES_PLAIN = /^((?:\p{Lu}[\p{L}-]*\s){1,5})(?:means|shall mean|has the meaning)\b/u;
const DEFINED_IN_PASSING = /\((?:[^()"“]{0,60})["“]([^"”]{2,60})["”][^()]{0,40}\)/g;
const LAW =
  /\b(?:governed by|construed (?:and enforced )?(?:in accordance with|under)|interpreted (?:in accordance with|under)|subject to)\b.{0,80}?\blaws?\b.{0,20}?\b(?:of|in)\s+(?:the\s+)?((?:(?:State|Commonwealth|Province|Republic|Kingdom|People's Republic|Federal Republic)\s+of\s+)?\p{Lu}[\p{L}.'’]*(?:\s(?:and\s)?\p{Lu}[\p{L}.'’]*){0,4})/u;
const PARTY =
  /(\p{Lu}[\p{L}\d&.,'’\- ]{1,90}?)\s*,?\s*(?:\(\s*(?:hereinafter|hereafter|herein|the|collectively|referred|together|with|as|to|"|“|,|\s|called|individually)*["“]([^"”]{1,50})["”]|(?=,?\s(?:a|an)\s(?:\p{L}+\s){0,4}(?:corporation|company|limited|partnership|LLC|association|organization|entity)))/u;

export function findKeyTerms(document: DocumentText): KeyTerms {
  const clauses = findClauses(document.blocks);
  return {
    parties: findParties(clauses.slice(0, PARTIES_WITHIN_BLOCKS)),
    defined_terms: findDefinitions(clauses),
    dates: findAll(clauses, DATE),
    amounts: findAll(clauses, AMOUNT),
    governing_law: findLaw(clauses),
  };
}

/** From "between" to the first recital; the names may stand in paragraphs of their own. */
function findParties(clauses: readonly Clause[]): KeyTerms['parties'] {
  const first = clauses.findIndex(({ text }) => BETWEEN.test(text));
  if (first === -1) return [];
  const opening = clauses
    .slice(first)
    .map(({ text }) => text)
    .join(' ');
  const [, after = ''] =
    new RegExp(`${BETWEEN.source}:?\\s*([\\s\\S]{1,${OPENING_MAX_CHARS}})`, 'i').exec(opening) ?? [];
  const before =
    after.split(
      /\b(?:WHEREAS|Whereas|RECITALS?|WITNESSETH|W I T N E S S E T H|NOW,? THEREFORE|BACKGROUND)\b/,
    )[0] ?? '';
  const named = before.split(/\b(?:and|AND)\s+(?=\p{Lu})/u).flatMap((part) => {
    const match = PARTY.exec(part);
    const name = match?.[1]?.replace(/[\s,]+$/, '') ?? '';
    const called = CALLED.exec(part)?.[1] ?? null;
    const isName = name !== '' && !/\b(?:agreement|date)\b/i.test(`${name} ${called}`);
    return isName ? [{ name, called, page: clauses[first]?.page ?? null }] : [];
  });
  return named.slice(0, PARTIES_MAX);
}

function findDefinitions(clauses: readonly Clause[]): KeyTerms['defined_terms'] {
  const found = new Map<string, KeyTerms['defined_terms'][number]>();
  const add = (term: string, definition: string, page: number | null) => {
    const name = term.trim().replace(/[,.]$/, '');
    if (name !== '' && !found.has(name))
      found.set(name, { term: name, definition: definition.slice(0, TEXT_MAX_CHARS), page });
  };
  for (const { body, page, isHeading } of clauses) {
    if (isHeading) continue;
    const own = DEFINES.exec(body)?.[1] ?? DEFINES_PLAIN.exec(body)?.[1];
    if (own !== undefined) add(own, body, page);
    for (const sentence of splitSentences(body))
      for (const [, term] of sentence.matchAll(DEFINED_IN_PASSING)) add(term as string, sentence, page);
  }
  return [...found.values()].slice(0, LIST_MAX);
}

/** Each text once, where it stands first. */
function findAll(clauses: readonly Clause[], pattern: RegExp): FoundTerm[] {
  const found = new Map<string, FoundTerm>();
  for (const { text, page } of clauses)
    for (const sentence of splitSentences(text))
      for (const [match] of sentence.matchAll(pattern)) {
        const term = match.trim().replace(/[,.]$/, '');
        if (!found.has(term))
          found.set(term, { text: term, page, context: sentence.slice(0, TEXT_MAX_CHARS) });
      }
  return [...found.values()].slice(0, LIST_MAX);
}

function findLaw(clauses: readonly Clause[]): FoundTerm | null {
  for (const { text, page } of clauses)
    for (const sentence of splitSentences(text)) {
      const law = LAW.exec(sentence)?.[1];
      if (law !== undefined)
        return { text: law.replace(/\.$/, ''), page, context: sentence.slice(0, TEXT_MAX_CHARS) };
    }
  return null;
}
