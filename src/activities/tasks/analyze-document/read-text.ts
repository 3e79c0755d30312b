// Makes paragraphs of a plain text: by its blank lines, or by its numbers and indents where it has none.
import { type Block, foldText } from './document.ts';

/** In a text whose lines are longer than this, each line is a paragraph: nobody has broken it by hand. */
const WRAPPED_MAX_CHARS = 120;
const BEGINS =
  /^\s*(?:\(?(?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]|\d{1,3}(?:\.\d{1,3})+\.?|(?:section|article)\s+\w+|[•*-])\s/i;

/** A form feed ends a page. */
export function readText(text: string): { pages: number | null; blocks: Block[] } {
  const pages = text.replace(/\f\s*$/, '').split('\f');
  const hasPages = pages.length > 1;
  const blocks = pages.flatMap((page, i) =>
    paragraphsOf(page).map((paragraph) => ({ text: paragraph, page: hasPages ? i + 1 : null, level: null })),
  );
  return { pages: hasPages ? pages.length : null, blocks };
}

function paragraphsOf(page: string): string[] {
  const lines = page.split(/\r\n?|\n/);
  const isWrapped = lines.every((line) => line.length <= WRAPPED_MAX_CHARS);
  const paragraphs: string[][] = [[]];
  for (const line of lines) {
    const isNew = line.trim() === '' || !isWrapped || BEGINS.test(line);
    if (isNew) paragraphs.push([]);
    paragraphs.at(-1)?.push(line);
  }
  return paragraphs.map((parts) => foldText(parts.join('\n'))).filter((paragraph) => paragraph !== '');
}
