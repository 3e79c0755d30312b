// Sends right requests of every scheme with random changes: the process stays up, and stores nothing that is unsigned.
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { Random } from '../../chaos/random.ts';
import { SCHEME_NAMES, type SchemeName, verifySignature } from '../../src/signatures/index.ts';
import { mutate, type RawRequest } from '../support/mutate.ts';
import { madeEvent, NO_JSON, signedId } from '../support/provider-events.ts';
import { Providers, PUBLIC_URL, signedAs, verifyOptionsOf } from '../support/providers.ts';
import { exchange } from '../support/raw-http.ts';
import { newId } from '../support/surehook.ts';
import { waitFor } from '../support/wait-for.ts';

/** More of them: `MUTATIONS=5000 SEED=2 npm test -- test/e2e/provider-mutations.test.ts`. */
const COUNT = Number(process.env.MUTATIONS ?? 600);
const SEED = Number(process.env.SEED ?? 1);
const AT_ONCE = 8;
const SCHEMES = SCHEME_NAMES.filter((scheme) => !NO_JSON.includes(scheme)) as [SchemeName, ...SchemeName[]];

let providers: Providers;

beforeAll(async () => {
  providers = await Providers.start(inject('temporalAddress'));
});
afterAll(() => providers.stop());

function rightRequest(scheme: SchemeName, source: SchemeName): RawRequest {
  const { body, given } = madeEvent(scheme);
  const made = signedAs(scheme, body, { ...given, ...signedId(scheme, given), source });
  return {
    method: 'POST',
    path: made.path,
    headers: Object.entries(made.headers),
    body: Buffer.from(made.body),
  };
}

function toBytes({ method, path, headers, body }: RawRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = `${method} ${path} HTTP/1.1\r\nhost: x.test\r\nconnection: close\r\n${lines}content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** Headers as Node's parser gives them to the verifier. */
function headersOf({ headers }: RawRequest): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, sent] of headers) {
    const value = sent.trim();
    const isSingle = ['content-type', 'authorization'].includes(name);
    if (joined[name] === undefined) joined[name] = value;
    else if (!isSingle) joined[name] += `, ${value}`;
  }
  return joined;
}

function isVerified(request: RawRequest): boolean {
  const [, source] = /^\/webhooks\/([a-z0-9-]+)\/?(\?|$)/i.exec(request.path) ?? [];
  const scheme = SCHEME_NAMES.find((name) => name === source);
  if (scheme === undefined || request.method !== 'POST') return false;
  return verifySignature({
    ...verifyOptionsOf(scheme),
    headers: headersOf(request),
    rawBody: request.body,
    method: 'POST',
    url: PUBLIC_URL + request.path,
  }).ok;
}

it(`${COUNT} changed requests are answered without a fault, and only what is still signed is stored`, async () => {
  const random = new Random(SEED);
  const requests = Array.from({ length: COUNT }, (_, i) => {
    const scheme = SCHEMES[i % SCHEMES.length] as SchemeName;
    const source = random.between(1, 20) === 1 ? random.pick(SCHEMES) : scheme;
    return mutate(rightRequest(scheme, source), random);
  });
  const statuses = new Map<number | string, number>();
  /** How many requests of each source were still signed. */
  const signed = new Map<string, number>();
  const faults: string[] = [];
  const send = async (request: RawRequest) => {
    const sent = await exchange(providers.surehook.publicUrl, [toBytes(request)]);
    const answer = sent.answers.at(-1);
    const status = answer?.status ?? 'none';
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const shown = `${request.method} ${request.path} ${JSON.stringify(request.headers)} ${request.body.toString('latin1').slice(0, 500)}: ${status} ${answer?.text}`;
    if (status === 'none' || (Number(status) >= 500 && status !== 503)) return void faults.push(shown);
    const isReceipt = /"status":"(accepted|duplicate)"/.test(answer?.text ?? '');
    const source = request.path.split(/[/?]/)[2] ?? '';
    if (isVerified(request)) signed.set(source, (signed.get(source) ?? 0) + 1);
    else if (isReceipt) faults.push(`stored: ${shown}`);
  };
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < requests.length; n = next++) await send(requests[n] as RawRequest);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  process.stderr.write(`${COUNT} mutations, seed ${SEED}: ${JSON.stringify(Object.fromEntries(statuses))}\n`);
  expect(faults).toEqual([]);
  expect(providers.surehook.child.exitCode).toBeNull();
  expect((await fetch(`${providers.surehook.publicUrl}/healthz`)).status).toBe(200);
  // Temporal lists what was started before this one.
  const last = newId('last');
  await providers.signed('stripe', JSON.stringify({ id: last }));
  signed.set('stripe', (signed.get('stripe') ?? 0) + 1);
  const started = await waitFor(
    () => providers.started(),
    (ids) => ids.includes(`stripe:${last}`),
  );
  const counts = new Map<string, number>();
  for (const id of started) {
    const source = id.split(':')[0] ?? '';
    counts.set(source, (counts.get(source) ?? 0) + 1);
  }
  for (const [source, count] of counts) expect(count, source).toBeLessThanOrEqual(signed.get(source) ?? 0);
  const errors = providers.surehook.logLines().filter(({ level }) => level === 'error' || level === 'fatal');
  expect(errors).toEqual([]);
}, 1_800_000);
