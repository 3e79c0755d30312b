// Extracts the text of an HTML page with html-to-text: its headings, paragraphs, items of lists and rows of tables.
import type { FormatCallback } from 'html-to-text';
import { type Block, foldText } from './document.ts';

/** Marks a heading in the text that html-to-text gives; no document has it, since `foldText` takes it out. */
const HEADING_MARK = '\u0001';
/** Deeper trees are no document; html-to-text would use up the stack. */
const DEPTH_MAX = 400;
const HEADINGS = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

const formatHeading: FormatCallback = (element, walk, builder, { level }) => {
  builder.openBlock({ leadingLineBreaks: 2 });
  builder.addInline(`${HEADING_MARK}${level} `);
  walk(element.children, builder);
  builder.closeBlock({ trailingLineBreaks: 2 });
};

export async function readHtml(html: string): Promise<Block[]> {
  const { convert } = await import('html-to-text');
  const text = convert(html, {
    wordwrap: false,
    limits: { maxDepth: DEPTH_MAX, maxInputLength: html.length + 1 },
    formatters: { formatHeading },
    selectors: [
      ...['script', 'style', 'noscript', 'template', 'svg', 'img', 'nav', 'head'].map((selector) => ({
        selector,
        format: 'skip',
      })),
      ...HEADINGS.map((selector, i) => ({ selector, format: 'formatHeading', options: { level: i + 1 } })),
      { selector: 'a', options: { ignoreHref: true } },
      { selector: 'ul', options: { itemPrefix: '• ', leadingLineBreaks: 2, trailingLineBreaks: 2 } },
      { selector: 'tr', format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
      { selector: 'td', format: 'inlineSurround', options: { suffix: ' ' } },
      { selector: 'th', format: 'inlineSurround', options: { suffix: ' ' } },
      { selector: 'table', format: 'block' },
    ],
  });
  return text.split(/\n\s*\n|\n(?=\s*(?:•|\d+\.|[a-z]\.)\s)/).flatMap(toBlock);
}

function toBlock(part: string): Block[] {
  const mark = new RegExp(`^\\s*${HEADING_MARK}([1-6]) `).exec(part);
  const text = foldText(part.replace(mark?.[0] ?? '', ''));
  return text === '' ? [] : [{ text, page: null, level: mark === null ? null : Number(mark[1]) }];
}
