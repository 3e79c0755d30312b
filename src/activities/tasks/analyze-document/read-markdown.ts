// Extracts the text of a Markdown document: its headings, paragraphs, items of lists and rows of tables.
import { type Block, foldText } from './document.ts';

const FENCE = /^\s{0,3}(```|~~~)/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const UNDERLINE = /^\s{0,3}(=+|-{2,})\s*$/;
const ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+/;
const TABLE_RULE = /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

export function readMarkdown(markdown: string): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  const flush = (level: number | null = null) => {
    const text = foldText(plain(lines.join('\n')));
    if (text !== '') blocks.push({ text, page: null, level });
    lines = [];
  };
  let fence = '';
  for (const line of withoutFrontMatter(markdown).split(/\r\n?|\n/)) {
    const mark = FENCE.exec(line)?.[1] ?? '';
    const heading = HEADING.exec(line);
    if (mark !== '' && (fence === '' || fence === mark)) {
      flush();
      fence = fence === '' ? mark : '';
    } else if (fence !== '') lines.push(line);
    else if (line.trim() === '') flush();
    else if (heading !== null) {
      flush();
      lines = [heading[2] as string];
      flush((heading[1] as string).length);
    } else if (UNDERLINE.test(line) && lines.length === 1) flush(line.includes('=') ? 1 : 2);
    else if (!TABLE_RULE.test(line)) {
      if (ITEM.test(line) || /^\s*\|/.test(line)) flush();
      lines.push(line);
    }
  }
  flush();
  return blocks;
}

function withoutFrontMatter(markdown: string): string {
  return markdown.replace(/^\ufeff?---\r?\n[\s\S]*?\r?\n---\r?\n/, '');
}

/** Takes out the marks within a line: a reader of the printed page does not see them. */
function plain(text: string): string {
  return text
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(/<\/?[a-z][^>\n]{0,200}>/gi, '')
    .replace(/!?\[([^\]\n]*)\]\([^)\n]*\)/g, '$1')
    .replace(/(\*\*|__)(?=\S)(.*?\S)\1/g, '$2')
    .replace(/(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])/g, '$1')
    .replace(/`([^`\n]*)`/g, '$1')
    .replace(/^\s*>\s?/gm, '')
    .replace(/^\s*\||\|\s*$/gm, '')
    .replace(/\s\|\s/g, ' ')
    .replace(/^\s*[-*+]\s+/gm, '• ')
    .replace(/\\([\\`*_{}[\]()#+.!|-])/g, '$1');
}
