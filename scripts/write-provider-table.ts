// `npm run docs:providers`: writes the table of docs/providers.md. A test fails while it differs from the rows.
import { readFileSync, writeFileSync } from 'node:fs';
import { withTable } from './provider-table.ts';

const page = new URL('../docs/providers.md', import.meta.url);
writeFileSync(page, withTable(readFileSync(page, 'utf8')));
