// What verifying a signature costs beside the cryptography alone, scheme by scheme, in one process: ratios of medians.
import { createHmac, createVerify, verify as verifyBytes } from 'node:crypto';
import { verifySignature } from '../src/signatures/index.ts';
import { ec, ed25519, OTHER_CASES, rsa, URL_OF } from '../test/support/other-schemes.ts';
import { NOW, SCHEME_CASES, type SchemeCase, signedHeaders } from '../test/support/scheme-cases.ts';
import { percentile } from './statistics.ts';

/** The goals of the issue that asked for this. */
const MOST = { '10 KB': 1.5, '1 MB': 1.05, 'public keys': 1.2 } as const;
const ROUNDS = 41;
/** Eight times the length may take eight times as long, and some noise; 64 times would be its square. */
const LINEAR_MOST = 8 * 3;

/** What a server behind a proxy gets besides. */
const USUAL = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x-header-${i}`, `value ${i}`]));

const median = (values: readonly number[]) => percentile(values, 50);

type Say = (line: string) => void;

/** @returns the ratios; the exit code is 1 if a goal is missed */
export function measureVerify(say: Say): Record<string, Record<string, number>> {
  const results: Record<string, Record<string, number>> = {
    '10 KB': {},
    '1 MB': {},
    'public keys': {},
    headers: {},
  };
  for (const tested of SCHEME_CASES.filter(({ signs }) => signs === 'all')) {
    (results['10 KB'] as Record<string, number>)[tested.scheme] = beside(...hmacPair(tested, 10_240, 100));
    (results['1 MB'] as Record<string, number>)[tested.scheme] = beside(...hmacPair(tested, 1_048_576, 1));
  }
  for (const scheme of Object.keys(BARE))
    (results['public keys'] as Record<string, number>)[scheme] = beside(...publicKeyPair(scheme));
  for (const tested of SCHEME_CASES)
    (results.headers as Record<string, number>)[tested.scheme] = growthOfHeader(tested);
  for (const [name, ratios] of Object.entries(results)) report(name, ratios, say);
  return results;
}

function report(name: string, ratios: Record<string, number>, say: Say): void {
  const most = name === 'headers' ? LINEAR_MOST : MOST[name as keyof typeof MOST];
  const sorted = Object.entries(ratios).sort(([, a], [, b]) => b - a);
  const over = sorted.filter(([, ratio]) => ratio > most);
  const what = name === 'headers' ? 'a header of eight times the length' : `beside the bare call, ${name}`;
  const [worst] = sorted;
  say(
    `${what}: median ${median(Object.values(ratios)).toFixed(2)}, most ${worst?.[1].toFixed(2)} (${worst?.[0]}), goal ${most}: ${over.length === 0 ? 'met' : `missed by ${over.map(([scheme, ratio]) => `${scheme} ${ratio.toFixed(2)}`).join(', ')}`}`,
  );
  if (over.length > 0) process.exitCode = 1;
}

/** In turn, so that what disturbs the one disturbs the other. */
function beside(ours: () => unknown, bare: () => unknown, times: number): number {
  const samples: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    samples[0].push(time(ours, times));
    samples[1].push(time(bare, times));
  }
  return median(samples[0]) / median(samples[1]);
}

function time(run: () => unknown, times: number): number {
  const begin = performance.now();
  for (let i = 0; i < times; i++) run();
  return performance.now() - begin;
}

function hmacPair(tested: SchemeCase, bytes: number, times: number) {
  const { scheme, secret, more, bodyOf } = tested;
  const rawBody = bodyOf(Buffer.alloc(bytes, '{"name":"value"}'));
  const headers = { ...USUAL, ...signedHeaders(tested, rawBody) };
  const request = { scheme, secrets: [secret], headers, rawBody, now: NOW, ...more };
  const hash = hashOf(scheme);
  const bare = () => createHmac(hash, secret).update(rawBody).digest('hex');
  return [() => verifySignature(request), bare, times] as const;
}

function hashOf(scheme: string): string {
  if (scheme === 'paystack') return 'sha512';
  return ['vercel', 'trello', 'intercom', 'cloudinary'].includes(scheme) ? 'sha1' : 'sha256';
}

/** With a key that is prepared: as little as it can cost. */
const BARE: Record<string, (content: Buffer, signature: string) => unknown> = {
  discord: (content, text) => verifyBytes(null, content, ed25519.publicKey, Buffer.from(text, 'hex')),
  telnyx: (content, text) => verifyBytes(null, content, ed25519.publicKey, Buffer.from(text, 'base64')),
  sendgrid: (content, text) => createVerify('sha256').update(content).verify(ec.publicKey, text, 'base64'),
  wise: (content, text) => createVerify('sha256').update(content).verify(rsa.publicKey, text, 'base64'),
};

function publicKeyPair(scheme: string) {
  const tested = OTHER_CASES.find((one) => one.scheme === scheme);
  if (tested === undefined) throw new Error(`there is no case of ${scheme}`);
  const rawBody = Buffer.from(tested.body);
  const made = tested.make({ secret: tested.secret, rawBody, now: NOW });
  const request = {
    scheme: tested.scheme,
    secrets: [tested.secret],
    rawBody,
    now: NOW,
    url: URL_OF,
    ...made,
    headers: { ...USUAL, ...made.headers },
  };
  const { ok } = verifySignature(request);
  if (!ok) throw new Error(`the request of ${scheme} is not right`);
  const [signature = ''] = Object.values(made.headers).sort((a, b) => b.length - a.length);
  const between = scheme === 'telnyx' ? `${NOW}|` : scheme === 'wise' ? '' : String(NOW);
  const content = Buffer.concat([Buffer.from(between), rawBody]);
  return [() => verifySignature(request), () => BARE[scheme]?.(content, signature), 20] as const;
}

/** The worst of several fillings. */
function growthOfHeader(tested: SchemeCase): number {
  const { scheme, secret, more, bodyOf, headers: names } = tested;
  const [name = ''] = names;
  const rawBody = bodyOf(Buffer.from('{"id":"evt_1"}'));
  const signed = signedHeaders(tested, rawBody);
  const unit = signed[name] ?? '';
  const fillings = [`${unit}, `, ',', ' ', '=', 'a'];
  const cost = (filling: string, size: number) => {
    const headers = { ...signed, [name]: filling.repeat(size / filling.length) };
    const request = { scheme, secrets: [secret], headers, rawBody, now: NOW, ...more };
    return median(Array.from({ length: ROUNDS }, () => time(() => verifySignature(request), 1)));
  };
  return Math.max(...fillings.map((filling) => cost(filling, 65_536) / cost(filling, 8_192)));
}
