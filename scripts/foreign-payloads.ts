// Checks that payloads of other people's collections are accepted: `node scripts/foreign-payloads.ts <folder> …`.
//
// A folder has JSON payloads, and a `provider.json`: { "scheme": "gitea", "secret": "…", "headers": { "<file>": { … } } }.
// The headers are those that the collection documents. A file whose headers have the signature keeps it, and the secret is
// that of the collection; any other is signed here. `types` may say what the collection calls each file. No payload is a part of this project: fetch the collections.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EventFields, readFields } from '../src/api/ingress/read-fields.ts';
import type { ConfigDescription } from '../src/config/describe-config.ts';
import { resolveConfig } from '../src/config/resolve-config.ts';
import { findScheme, type SchemeName, signWebhook, verifySignature } from '../src/signatures/index.ts';

interface Collection {
  scheme: SchemeName;
  secret?: string;
  headers?: Record<string, Record<string, string>>;
  /** What the collection calls each file. */
  types?: Record<string, string>;
}

interface Counts {
  payloads: number;
  /** Signed by the collection itself. */
  ownSignatures: number;
  events: number;
  /** The id is the provider's own; of others it is a digest. */
  ids: number;
  types: number;
  /** Only the provider can sign: these were read, and not verified. */
  unsigned: number;
}

const PUBLIC_URL = 'https://hooks.example.com/webhooks/source';
const { positionals: folders, values } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false } },
});
const say = (line: string) => void process.stdout.write(`${line}\n`);
let faults = 0;

for (const folder of folders) {
  const { counts, scheme } = await checkFolder(folder);
  const words = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  say(`${scheme.padEnd(18)} ${words.join(', ')}  (${folder})`);
}
if (faults > 0) process.exitCode = 1;

async function checkFolder(folder: string): Promise<{ counts: Counts; scheme: SchemeName }> {
  const collection = JSON.parse(readFileSync(join(folder, 'provider.json'), 'utf8')) as Collection;
  const counts: Counts = { payloads: 0, ownSignatures: 0, events: 0, ids: 0, types: 0, unsigned: 0 };
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.json') || file === 'provider.json') continue;
    counts.payloads++;
    try {
      await check(collection, { file, rawBody: readFileSync(join(folder, file)) }, counts);
    } catch (error) {
      faults++;
      say(`  ${collection.scheme} ${file}: ${(error as Error).message}`);
    }
  }
  return { counts, scheme: collection.scheme };
}

async function check(
  { scheme, secret = 'the secret of a collection', headers: all = {}, types = {} }: Collection,
  { file, rawBody }: { file: string; rawBody: Uint8Array },
  counts: Counts,
): Promise<void> {
  const documented = all[file] ?? {};
  const { ways } = findScheme(scheme);
  const canSign = ways.some(({ sign }) => sign !== undefined);
  const isSigned =
    canSign && ways.some(({ credentials }) => credentials.some((name) => documented[name] !== undefined));
  const signed =
    isSigned || !canSign
      ? { headers: {}, rawBody, url: PUBLIC_URL }
      : signWebhook({ scheme, secret, rawBody, url: PUBLIC_URL });
  const request = { ...signed, headers: { ...documented, ...signed.headers } };
  if (canSign) {
    const result = verifySignature({ scheme, secrets: [secret], ...request });
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
    if (isSigned) counts.ownSignatures++;
  } else counts.unsigned++;
  const { headers, rawBody: sent } = request;
  const places = placesOf(scheme);
  const read = await readFields({
    places,
    scheme,
    headers,
    rawBody: sent,
    expected: undefined,
    maxBytes: 2 ** 24,
  });
  for (const event of read) {
    const what = `${scheme} ${file}`;
    count(event, counts, what);
    const named = types[file];
    if (named !== undefined && named !== event.eventType) say(`  ${what}: ${event.eventType}, not ${named}`);
  }
}

function count({ eventId, eventType }: EventFields, counts: Counts, what: string): void {
  counts.events++;
  if (!/^[0-9a-f]{64}$/.test(eventId)) counts.ids++;
  if (eventType !== 'unknown') counts.types++;
  else say(`  ${what}: no type`);
  if (values.verbose) say(`  ${what}: ${eventType} ${eventId}`);
}

/** Where a source of the scheme looks, as the config has it. */
function placesOf(scheme: SchemeName) {
  const source = {
    verify: { scheme, secrets: [] },
    forwardTo: [],
    handlers: [],
    maxBodyBytes: 1,
  } as unknown as ConfigDescription['sources'][string];
  const described = {
    sources: { source },
    endpoints: {},
    alerts: {},
    tasks: {},
    callbacks: {},
    retention: {},
  };
  const config = resolveConfig(described as unknown as ConfigDescription, { path: '', env: {} });
  const found = config.sources.get('source');
  if (found === undefined) throw new Error('no source');
  return found;
}
