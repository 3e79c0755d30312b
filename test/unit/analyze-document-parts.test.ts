// Tests the parts of `analyze-document` that need no process: sentences, archives, Markdown, quotes.
import { describe, expect, it } from 'vitest';
import { fitResult } from '../../src/activities/tasks/analyze-document/fit-result.ts';
import { QuoteFinder } from '../../src/activities/tasks/analyze-document/quote-finder.ts';
import { readMarkdown } from '../../src/activities/tasks/analyze-document/read-markdown.ts';
import { readText } from '../../src/activities/tasks/analyze-document/read-text.ts';
import { splitSentences } from '../../src/activities/tasks/analyze-document/split-sentences.ts';
import { readZipEntries } from '../../src/activities/tasks/analyze-document/zip-entries.ts';
import { makeZip } from '../support/documents.ts';

describe('a paragraph is split into sentences', () => {
  it.each([
    ['Licensee pays. Licensor grants.', ['Licensee pays.', 'Licensor grants.']],
    ['Acme Inc. and Bolt Co. Ltd. agree. See Sec. 4.', ['Acme Inc. and Bolt Co. Ltd. agree.', 'See Sec. 4.']],
    ['4.2 Fees. J. Smith pays.', ['4.2 Fees.', 'J. Smith pays.']],
    ['He said "Never." Then he left!', ['He said "Never."', 'Then he left!']],
  ])('%s', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
    expect(splitSentences(text).join(' ')).toBe(text);
  });

  it('and one that never ends is cut at blanks', () => {
    const text = 'grants not to rights '.repeat(1_000).trim();
    const parts = splitSentences(text);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(4_000);
    expect(parts.join(' ')).toBe(text);
  });
});

describe('the directory of an archive', () => {
  it('gives the sizes before anything is unpacked', () => {
    const zip = makeZip([{ name: 'a.xml', content: Buffer.alloc(1_000_000) }]);
    expect(readZipEntries(zip)).toMatchObject([{ name: 'a.xml', unpackedBytes: 1_000_000 }]);
  });

  it('is damaged if it is cut off', () => {
    const zip = makeZip([{ name: 'a.xml', content: 'text' }]);
    expect(() => readZipEntries(zip.subarray(0, -20))).toThrow('cannot be read');
  });
});

describe('text is taken', () => {
  it('out of Markdown without its marks', () => {
    const markdown =
      '---\ntitle: x\n---\n# The **Terms**\n\nA [link](https://x.y) and `code`\nin one paragraph.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n';
    expect(readMarkdown(markdown).map(({ text, level }) => [level, text])).toEqual([
      [1, 'The Terms'],
      [null, 'A link and code in one paragraph.'],
      [null, '• one'],
      [null, '• two'],
      [null, 'a b'],
      [null, '1 2'],
    ]);
  });

  it('out of plain text by its blank lines and numbers, with pages where it has form feeds', () => {
    const { pages, blocks } = readText('First line\nof one.\n1. Number\n\n\fSecond page\n');
    expect(pages).toBe(2);
    expect(blocks.map(({ text, page }) => [page, text])).toEqual([
      [1, 'First line of one.'],
      [1, '1. Number'],
      [2, 'Second page'],
    ]);
  });
});

describe('a result', () => {
  it('that is too large for a task loses the end of its largest list', () => {
    const long = Array.from({ length: 400 }, (_, i) => ({ i, text: 'x'.repeat(1_500) }));
    const fitted = fitResult({ long, short: [1], title: 'T' }) as { long: typeof long; short: number[] };
    expect(JSON.stringify(fitted).length).toBeLessThan(245_760);
    expect(fitted.long.length).toBeGreaterThan(100);
    expect(fitted).toMatchObject({ short: [1], title: 'T', long: [{ i: 0 }, ...fitted.long.slice(1)] });
  });

  it('that is small stays as it is', () => {
    expect(fitResult({ a: [1] })).toEqual({ a: [1] });
  });
});

describe('a quote', () => {
  const block = (text: string, page: number) => ({ text, page, level: null });
  const quotes = new QuoteFinder({
    format: 'pdf',
    pages: 2,
    blocks: [block('One two.', 1), block('Three four.', 2)],
  });

  it.each([
    ['two', 1],
    ['three', undefined],
    ['Three\n  four', 2],
    ['two. Three', 1],
    ['', undefined],
  ])('%j stands on page %s', (quote, page) => {
    expect(quotes.pageOf(quote)).toBe(page);
  });
});
