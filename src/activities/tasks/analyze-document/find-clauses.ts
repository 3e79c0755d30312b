// Sorts the blocks of a document into headings and clauses, and knows of each clause its number and its heading.
import type { Block } from './document.ts';

export interface Clause {
  /** As the document has it, with the numbers that it stands under: `7(a)`, `4.2`; '' where there is none. */
  number: string;
  /** Its own heading, or the one that it stands under; '' where there is none. */
  heading: string;
  /** Of the sections above it: from the outermost to its own heading. */
  headings: string[];
  /** The whole block, with number and heading where these stand in it. */
  text: string;
  /** The same without number and heading. */
  body: string;
  page: number | null;
  isHeading: boolean;
}

/** A heading is short: longer ones are sentences. */
const HEADING_MAX_CHARS = 110;
const HEADING_MAX_WORDS = 14;

const NUMBER =
  /^(?:(?:section|article|clause|schedule|exhibit|annex|appendix)\s+(?:[\divxlc]+|[a-z]\b)(?:\.\d+)*|\d{1,3}(?:\.\d{1,3})+|\d{1,3}(?=[.)\s:-])|\(\s?(?:\d{1,3}|[a-z]|[ivxl]{1,6})\s?\)|(?:[a-z]|[ivxl]{1,6})(?=[.)]\s))[.):]?\s*[-–—:.]?\s*/i;
const INLINE_HEADING = /^((?:[^.:;()]|\([^)]{1,40}\)){2,90}?)\s?(?:[.:]|\s[-–—])["”]?(?:\s+|$)/;
/** Words of a heading that need no capital. */
const SMALL = /^(?:a|an|and|at|by|for|from|in|of|on|or|the|to|with|upon|its|other|than|re|vs|as)$/i;

export function findClauses(blocks: readonly Block[]): Clause[] {
  const path: { rank: number; number: string; heading: string }[] = [];
  return blocks.map((block) => {
    const { number, heading, body, isHeading } = takeApart(block);
    if (number !== '' || isHeading) {
      const last = path.at(-1);
      const rank = rankOf(number, block, last?.number);
      // "ARTICLE VI" and, in the next line, "OWNERSHIP".
      if (number === '' && block.level === null && last?.heading === '' && /^[a-z]{3,}/i.test(last.number))
        last.heading = heading;
      else {
        while ((path.at(-1)?.rank ?? -1) >= rank) path.pop();
        path.push({ rank, number, heading });
      }
    }
    const headings = path.map((level) => level.heading).filter((text) => text !== '');
    const full = numberOf(path.map((level) => level.number));
    return {
      number: full,
      heading: heading || (headings.at(-1) ?? ''),
      headings,
      text: block.text,
      body,
      page: block.page,
      isHeading,
    };
  });
}

function takeApart(block: Block): { number: string; heading: string; body: string; isHeading: boolean } {
  const mark = NUMBER.exec(block.text)?.[0] ?? '';
  const number = mark.replace(/[\s.:–—-]+$/, '').replace(/^(\w+)\)$/, '$1');
  const rest = block.text.slice(mark.length);
  if (block.level !== null || isHeadingText(rest, mark !== ''))
    return { number, heading: rest.replace(/[.:]+$/, ''), body: '', isHeading: true };
  const inline = INLINE_HEADING.exec(rest);
  const heading = inline?.[1]?.trim() ?? '';
  if (inline === null || !isTitle(heading) || /\d/.test(heading))
    return { number, heading: '', body: rest, isHeading: false };
  return { number, heading, body: rest.slice(inline[0].length), isHeading: false };
}

function isHeadingText(text: string, isNumbered: boolean): boolean {
  if (text === '' || text.length > HEADING_MAX_CHARS || /[;,]$|__|--|\/s\/|[$€£]/.test(text)) return false;
  if (!isNumbered && /\d{2}|[:,] ./.test(text)) return false; // a row of a table, an address, a signature
  const isCapitals = !/\p{Ll}/u.test(text) && /\p{Lu}{3}/u.test(text);
  return isCapitals || (isTitle(text.replace(/[.:]$/, '')) && (isNumbered || !/\.$/.test(text)));
}

/** Whether all words that count have a capital, as in "Grant of License". */
function isTitle(text: string): boolean {
  const words = text.split(/\s+/).filter((word) => /\p{L}/u.test(word));
  if (words.length === 0 || words.length > HEADING_MAX_WORDS) return false;
  return (
    words.every((word) => SMALL.test(word) || /^["“'‘(/&]*[\p{Lu}\d]/u.test(word)) &&
    /^["“'(]*[\p{Lu}\d]/u.test(text)
  );
}

/** The depth of a number: sections with words before 1, before 1.2, before (a), before (i). */
function rankOf(number: string, block: Block, before: string | undefined): number {
  if (block.level !== null) return number === '' ? block.level : block.level + 1;
  if (number === '') return 0;
  if (/^[a-z]{3,}/i.test(number)) return 1;
  if (/^\d+$/.test(number)) return 10;
  const dots = number.split('.').length - 1;
  if (dots > 0) return 10 + dots;
  if (/^[A-Z]$/.test(number)) return 19;
  const inner = number.replace(/[()]/g, '').toLowerCase();
  if (/^\d+$/.test(inner)) return 23;
  // "(i)" follows "(h)" in a list of letters; else it begins a list of Roman numbers.
  const isNextLetter =
    before?.replace(/[()]/g, '').toLowerCase() === String.fromCharCode(inner.charCodeAt(0) - 1);
  return /^[ivxl]+$/.test(inner) && !(inner.length === 1 && isNextLetter) ? 22 : 21;
}

function numberOf(numbers: readonly string[]): string {
  let full = '';
  for (const number of numbers) {
    if (number === '') continue;
    if (/^[a-z]{3,}|^\d/i.test(number) && !number.startsWith('(')) full = number;
    else full = number.startsWith('(') || full === '' ? full + number : `${full}(${number})`;
  }
  return full;
}
