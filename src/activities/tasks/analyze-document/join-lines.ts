// Joins the lines of a page layout to paragraphs, by their distances, indents, sizes and numbers.
import { type Block, foldText } from './document.ts';
import { isRuleOrNumber } from './is-rule-or-number.ts';
import type { Line } from './line.ts';

/** A gap this much larger than the usual one begins a paragraph. */
const GAP_RATIO = 1.35;
/** Of a text without a single full line: nothing is joined that is not close. */
const USUAL_GAP = 12;
/** A first line that stands this many font sizes further right than the line before begins a paragraph. */
const INDENT_SIZES = 1.5;
/** A line that ends this share of the width before the right edge is the last of its paragraph, if it ends a sentence. */
const SHORT_SHARE = 0.2;

/** What stands at the beginning of a numbered clause or of an item: 1. 1.2 1.2.3 (a) a) (iv) Section 5 ARTICLE IV • */
const NUMBERED =
  /^(?:\(?\s?(?:\d{1,3}|[a-z]|[ivx]{1,5})\s?\)(?=\s|\p{L})|(?:\d{1,3}|[A-Z]|[IVX]{1,5})\.(?!\d)(?=\s|\p{Lu}|$)|\d{1,3}(?:\.\d{1,3})+\.?(?=\s|\p{Lu}|$)|(?:section|article|clause|schedule|exhibit|annex|appendix)\s+(?:\d|[IVX]+\b|[A-Z]\b)|[•●▪◦·]\s)/iu;
const ENDS_SENTENCE = /[.:;!?]["”’')\]]?\s*(?:and|or)?$/;

export function joinLines(lines: readonly Line[]): Block[] {
  const edge = rightEdgeOf(lines);
  const usualGap = usualGapOf(lines, edge);
  const blocks: Block[] = [];
  let texts: string[] = [];
  let page = 0;
  const flush = () => {
    const text = foldText(texts.join('\n'));
    if (text !== '') blocks.push({ text, page, level: null });
    texts = [];
  };
  lines.forEach((line, i) => {
    const before = lines[i - 1];
    if (before !== undefined && beginsParagraph({ before, line, usualGap, edge })) flush();
    if (texts.length === 0) page = line.page;
    texts.push(line.text);
  });
  flush();
  return mendBreaks(blocks);
}

/** Joins a paragraph that a page number or a rule in the middle of the text has cut. */
function mendBreaks(blocks: readonly Block[]): Block[] {
  const mended: Block[] = [];
  for (const block of blocks) {
    if (isRuleOrNumber(block.text)) continue;
    const before = mended.at(-1);
    if (before !== undefined && /^\p{Ll}{2}/u.test(block.text) && !ENDS_SENTENCE.test(before.text))
      mended[mended.length - 1] = { ...before, text: `${before.text} ${block.text}` };
    else mended.push(block);
  }
  return mended;
}

interface Pair {
  before: Line;
  line: Line;
  usualGap: number;
  edge: number;
}

function beginsParagraph({ before, line, usualGap, edge }: Pair): boolean {
  const text = line.text.trim();
  const isNumbered = NUMBERED.test(text);
  const isShort = before.right < edge * (1 - SHORT_SHARE);
  const endsSentence = ENDS_SENTENCE.test(before.text.trim());
  const gap = before.y - line.y;
  if (line.page !== before.page || gap < -line.size) {
    // A new page, or a new column: a paragraph may go on there.
    if (endsSentence || isNumbered || isHeadingLike(before.text)) return true;
    return isShort && /^\p{Lu}/u.test(text);
  }
  if (Math.abs(gap) < 0.5 * line.size) return false; // the same line, in parts
  if (gap > usualGap * GAP_RATIO) return true;
  if (Math.abs(line.size - before.size) > 0.15 * before.size && isShort) return true;
  if (isShort && isHeadingLike(before.text) && !isHeadingLike(text)) return true;
  if (isNumbered && (endsSentence || isShort)) return true;
  if (line.x - before.x > INDENT_SIZES * line.size && endsSentence) return true;
  return isShort && endsSentence && /^["“(]?\p{Lu}/u.test(text);
}

function isHeadingLike(text: string): boolean {
  return !/\p{Ll}/u.test(text) && /\p{Lu}{3}/u.test(text);
}

/** The most frequent distance of a line from a full one before it, in half points: within paragraphs. */
function usualGapOf(lines: readonly Line[], edge: number): number {
  const counts = new Map<number, number>();
  lines.forEach((line, i) => {
    const before = lines[i - 1];
    if (before === undefined || before.page !== line.page || before.right < edge * (1 - SHORT_SHARE)) return;
    const gap = Math.round((before.y - line.y) * 2) / 2;
    if (gap > 0.5 * line.size) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  });
  const [best] = [...counts].sort(([gap, count], [other, others]) => others - count || gap - other);
  return best?.[0] ?? USUAL_GAP;
}

/** Where full lines end: nine of ten lines end before it. */
function rightEdgeOf(lines: readonly Line[]): number {
  const rights = lines.map(({ right }) => right).sort((one, other) => one - other);
  return rights[Math.floor(rights.length * 0.9)] ?? 0;
}
