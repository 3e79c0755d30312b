// `npm run openapi`: writes docs/openapi from the route tables. A test fails while the files differ from them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { PUBLIC_DOCUMENT } from '../src/api/agent/routes.ts';
import { OPERATOR_DOCUMENT, WORKER_DOCUMENT } from '../src/api/operator/routes.ts';

const folder = new URL('../docs/openapi/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, document] of Object.entries({
  public: PUBLIC_DOCUMENT,
  operator: OPERATOR_DOCUMENT,
  worker: WORKER_DOCUMENT,
}))
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(document, null, 2)}\n`);
