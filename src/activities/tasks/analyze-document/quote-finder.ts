// Finds out whether a text stands in a document, and on which page.
import { type DocumentText, foldText } from './document.ts';

export class QuoteFinder {
  readonly #text: string;
  readonly #starts: { at: number; page: number | null }[] = [];

  constructor({ blocks }: DocumentText) {
    let at = 0;
    for (const { text, page } of blocks) {
      this.#starts.push({ at, page });
      at += text.length + 1;
    }
    this.#text = blocks.map(({ text }) => text).join(' ');
  }

  /** The page on which it begins; null where the document has no pages; undefined where it does not stand there. */
  pageOf(quote: string): number | null | undefined {
    const folded = foldText(quote);
    const at = folded === '' ? -1 : this.#text.indexOf(folded);
    if (at === -1) return undefined;
    return this.#starts.findLast((start) => start.at <= at)?.page ?? null;
  }
}
