// Every payload of `@octokit/webhooks-examples` as an event, with the headers that GitHub sends.
import { createHmac, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { sign } from '@octokit/webhooks-methods';
import type { DemoEvent } from './demo-event.ts';

interface Definition {
  /** The value of X-GitHub-Event. */
  name: string;
  examples: unknown[];
}

/** @param distinct leaves out repeated payloads: versions of Enterprise Server repeat those of earlier versions */
export function githubEvents(secret: string, distinct: boolean): DemoEvent[] {
  const payloads = readCatalogs().flatMap(({ name, examples }) =>
    examples.map((example) => ({ name, body: JSON.stringify(example) })),
  );
  const byContent = new Map(payloads.map((payload) => [payload.name + payload.body, payload]));
  return (distinct ? [...byContent.values()] : payloads).map(({ name, body }) => toEvent(name, body, secret));
}

/** The package exports the catalog of github.com alone; those of Enterprise Server lie in other folders. */
function readCatalogs(): Definition[] {
  const folder = dirname(createRequire(import.meta.url).resolve('@octokit/webhooks-examples/package.json'));
  const catalogs = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return catalogs
    .map(({ name }) => join(folder, name, 'index.json'))
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(file, 'utf8')) as Definition[]);
}

function toEvent(type: string, body: string, secret: string): DemoEvent {
  const id = randomUUID();
  const headers = {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': id,
    'x-github-event': type,
    'x-github-hook-id': '292430182',
    'x-github-hook-installation-target-id': '79929171',
    'x-github-hook-installation-target-type': 'repository',
    // GitHub sends the old SHA-1 signature too; Surehook must ignore it.
    'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
  };
  return {
    source: 'github',
    id,
    type,
    body: Buffer.from(body),
    sign: async () => ({ ...headers, 'x-hub-signature-256': await sign(secret, body) }),
  };
}
