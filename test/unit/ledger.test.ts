// The ledger of what we use of Temporal's SDK, of Node and of Express that they do not document: docs/dependencies.md.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { imports, sources } from '../support/imports.ts';

const path = (relative: string) => new URL(`../../${relative}`, import.meta.url);
const text = readFileSync(path('docs/dependencies.md'), 'utf8');
const rows = text
  .slice(text.indexOf("## What we use of Temporal's SDK"))
  .split('\n')
  .filter((line) => /^\| (?!what|---)/.test(line))
  .map((line) => line.split(' | '));

it('has a row for each import from inside an SDK package, and a module that is loaded otherwise', () => {
  const inside = imports.filter(({ to }) => /^@temporalio\/[\w-]+\/lib\//.test(to));
  expect(inside.length).toBeGreaterThan(5);
  const loaded = [...sources].flatMap(([from, source]) =>
    Array.from(source.matchAll(/'(@temporalio\/[\w-]+\/lib\/[^']+)'/g), ([, to]) => ({
      from,
      to: String(to),
    })),
  );
  const isTold = ({ from, to }: { from: string; to: string }) =>
    rows.some(([what, where]) => what?.includes(`\`${to}\``) && where?.includes(`\`src/${from}\``));
  expect([...inside, ...loaded].filter((one) => !isTold(one))).toEqual([]);
});

it('names files and tests that there are', () => {
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    expect(row, row[0]).toHaveLength(4);
    const files = Array.from(row.join(' ').matchAll(/`((?:src|test|deploy|scripts)\/[^`]+)`/g), ([, file]) =>
      String(file),
    );
    expect(files.length, row[0]).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(path(file)))).toEqual([]);
    const named = Array.from((row[3] ?? '').matchAll(/`(test\/[^`]+)`(?:, "([^"]+)")?/g));
    for (const [, file = '', title = ''] of named) {
      const parts = title.split('…').map((part) => part.trim());
      const test = readFileSync(path(file), 'utf8').replaceAll("\\'", "'");
      expect(
        parts.filter((part) => !test.includes(part)),
        `${file}: ${title}`,
      ).toEqual([]);
    }
  }
});
