// Drops the furniture of pages: headers, footers and page numbers, which would stand in the middle of clauses.
import { isRuleOrNumber } from './is-rule-or-number.ts';
import type { Line } from './line.ts';

/** Headers and footers are looked for in this many lines at each end of a page. */
const END_LINES = 4;
/** What stands at the ends of fewer pages than this is text. */
const REPEATED_ON_PAGES = 3;
/** And at the ends of a smaller share of the pages: a phrase that comes again in a long document. */
const REPEATED_SHARE = 0.25;

/** Such a line is no text wherever it stands: a page of the original that was printed across two. */
const PAGE_LABEL = /^[-–—\s]*page\s+\d{1,4}(\s+of\s+\d{1,4})?[-–—\s]*$/i;

/** @returns all lines that are left, in order */
export function dropFurniture(byPage: readonly (readonly Line[])[]): Line[] {
  const repeated = findRepeated(byPage);
  return byPage.flatMap((lines) => {
    const isFurniture = (line: Line) => repeated.has(shapeOf(line)) || isRuleOrNumber(line.text);
    const first = countWhile(lines.slice(0, END_LINES), isFurniture);
    const last = countWhile(lines.slice(first).slice(-END_LINES).reverse(), isFurniture);
    return lines.slice(first, lines.length - last).filter((line) => !PAGE_LABEL.test(line.text.trim()));
  });
}

/** From the outer edge inwards, as far as it is all furniture: "4." within the text may be a clause. */
function countWhile(lines: readonly Line[], isFurniture: (line: Line) => boolean): number {
  const end = lines.findIndex((line) => !isFurniture(line));
  return end === -1 ? lines.length : end;
}

/** Digits count as one, so that "Page 3" is "Page 4". */
function shapeOf({ text }: Line): string {
  return text.replace(/\s+/g, '').replace(/\d+/g, '#').toLowerCase();
}

function findRepeated(byPage: readonly (readonly Line[])[]): Set<string> {
  const counts = new Map<string, number>();
  for (const lines of byPage) {
    const ends = lines.filter((_, i) => i < END_LINES || i >= lines.length - END_LINES);
    for (const shape of new Set(ends.map(shapeOf))) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  const least = Math.max(REPEATED_ON_PAGES, REPEATED_SHARE * byPage.length);
  return new Set([...counts].filter(([, count]) => count >= least).map(([shape]) => shape));
}
