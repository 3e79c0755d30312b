// Tests which sentences of contracts count as clauses about intellectual property.
import { describe, expect, it } from 'vitest';
import { findIpClauses, matchable } from '../../src/activities/tasks/analyze-document/find-ip-clauses.ts';
import { IP_SENTENCES, OTHER_SENTENCES } from '../support/ip-sentences.ts';

const find = (...texts: string[]) =>
  findIpClauses({
    format: 'text',
    pages: null,
    blocks: texts.map((text) => ({ text, page: null, level: null })),
  });

describe('a sentence is taken as', () => {
  for (const [kind, sentences] of Object.entries(IP_SENTENCES))
    it.each(sentences)(`${kind}: %s`, (sentence) => {
      const heading = kind === 'permitted use' ? ['7. USE OF TRADEMARKS AND SOFTWARE LICENSE'] : [];
      expect(find(...heading, sentence)).toMatchObject([
        { text: sentence, reason: expect.stringContaining(kind) },
      ]);
    });
});

describe('a sentence is left that is about something else:', () => {
  it.each(OTHER_SENTENCES)('%s', (sentence) => {
    expect(find(sentence)).toEqual([]);
  });
});

describe('a clause', () => {
  it('goes on in the items of its list', () => {
    const clauses = find(
      '3. Licensor hereby grants to Licensee a license to:',
      '(a) use the Software;',
      '(b) copy the Documentation.',
      '4. Licensee shall pay the price.',
    );
    expect(clauses).toMatchObject([
      {
        clause: '3',
        text: '3. Licensor hereby grants to Licensee a license to: (a) use the Software; (b) copy the Documentation.',
      },
    ]);
  });

  it('of a paragraph of pages is cut to the sentences that count, and their neighbours', () => {
    const other = 'The parties meet once a month to speak about the sales in the Territory. ';
    const text = `${other.repeat(40)}Licensor hereby grants to Licensee a license to use the Software. ${other.repeat(40)}`;
    const [clause] = find(text.trim());
    expect(clause?.text).toContain('hereby grants');
    expect(clause?.text.length).toBeLessThan(300);
    expect(text).toContain(clause?.text);
  });

  it('has the number and the headings that it stands under', () => {
    const clauses = find(
      'ARTICLE VI',
      'INTELLECTUAL PROPERTY',
      '(a) Company hereby assigns to Client all right, title and interest in the Inventions.',
      '(b) Grant Back. Client grants to Company a license under the Patents.',
    );
    expect(clauses).toMatchObject([
      { clause: 'ARTICLE VI(a)', heading: 'INTELLECTUAL PROPERTY' },
      { clause: 'ARTICLE VI(b)', heading: 'Grant Back' },
    ]);
  });
});

describe('text is matched', () => {
  it.each([
    ['non- exclusive', 'non-exclusive'],
    ['Licensor’s “Marks”', 'licensor\'s "marks"'],
    ['L I C E N S E of the Software', 'license of the software'],
  ])('%s as %s', (text, expected) => {
    expect(matchable(text)).toBe(expected);
  });
});
