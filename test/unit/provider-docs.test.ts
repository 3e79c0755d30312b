// Tests the pages of providers: the table is that of the rows, and every snippet of a config is one.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BEGIN, END, isOrdinary, OWN_WORDS, providerTable, withTable } from '../../scripts/provider-table.ts';
import { configSchema } from '../../src/config/define-config.ts';
import { secret } from '../../src/index.ts';
import { findScheme, SCHEME_NAMES, type SchemeName } from '../../src/signatures/index.ts';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

describe('the table of docs/providers.md', () => {
  it('is that of the rows, which npm run docs:providers writes', () => {
    expect(withTable(page('providers'))).toBe(page('providers'));
  });

  it('has one line for each scheme, with a link, and as many cells as the head', () => {
    const [head = '', , ...lines] = providerTable().split('\n');
    const cells = (line: string) => line.replaceAll('\\|', '').split('|').length;
    expect(lines.map((line) => /^\| \[`([^`]+)`\]\(https:/.exec(line)?.[1])).toEqual(
      [...SCHEME_NAMES].sort(),
    );
    expect(lines.filter((line) => cells(line) !== cells(head) || /undefined|\[object/.test(line))).toEqual(
      [],
    );
  });

  it('has words of its own for just the ways that a row does not describe', () => {
    const special = SCHEME_NAMES.filter((name) => !findScheme(name).ways.every(isOrdinary));
    expect(Object.keys(OWN_WORDS).sort()).toEqual(special.sort());
    for (const name of special)
      expect(OWN_WORDS[name], name).toHaveLength(
        findScheme(name).ways.filter((way) => !isOrdinary(way)).length,
      );
  });

  it('stands between markers, and nothing else does', () => {
    expect(page('providers').split(BEGIN)).toHaveLength(2);
    expect(page('providers').split(END)).toHaveLength(2);
  });
});

type Make = (given: typeof secret, readFileSync: () => string) => object;

/** The sources of the snippets that begin with the name of a source. */
function snippetsOf(text: string): [name: string, source: { verify: { scheme: SchemeName } }][] {
  const blocks = Array.from(text.matchAll(/```ts\n( *\S+: \{[\s\S]*?)```/g), ([, code = '']) => code);
  return blocks
    .filter((code) => /verify: \{/.test(code))
    .flatMap((code) => {
      const make = new Function('secret', 'readFileSync', `return { ${code} };`) as Make;
      return Object.entries(make(secret, () => 'PEM'));
    });
}

describe.each(['providers', 'provider-recipes'])('docs/%s.md', (name) => {
  const snippets = snippetsOf(page(name));

  it('has snippets', () => expect(snippets.length).toBeGreaterThan(2));

  it.each(snippets)('has a config that can be used: %s', (source, config) => {
    const result = configSchema.safeParse({ sources: { [source.replaceAll("'", '')]: config } });
    expect(result.error?.issues ?? []).toEqual([]);
  });
});

it('the recipes name schemes as headings, each with a snippet, a dashboard and pitfalls of its own', () => {
  const sections = page('provider-recipes').split(/^## /m).slice(1);
  for (const section of sections) {
    const [heading = '', ...lines] = section.split('\n');
    for (const name of heading.split(', ')) expect(SCHEME_NAMES, name).toContain(name);
    expect(lines.join('\n'), heading).toContain('```ts');
  }
});
