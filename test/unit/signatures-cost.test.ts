// Tests what verifying costs, as ratios: beside one HMAC of the body, and of a long header beside a short one.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../src/signatures/index.ts';
import { NOW, SCHEME_CASES, type SchemeCase, signedHeaders } from '../support/scheme-cases.ts';

/** The shortest of many times is the one that no other program has made longer. */
function shortest(run: () => unknown, { rounds = 12, times = 1 } = {}): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    for (let i = 0; i < times; i++) run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

/** Other programs make one measurement longer, and never shorter. */
function leastOf(ratio: () => number, enough: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8 && least > enough; i++) least = Math.min(least, ratio());
  return least;
}

describe.each(SCHEME_CASES)('a long header of $scheme', (tested) => {
  const { scheme, secret, more, bodyOf } = tested;
  const [name = ''] = tested.headers;
  const rawBody = bodyOf(Buffer.from('{"id":"evt_1"}'));
  const signed = signedHeaders(tested, rawBody);
  const unit = signed[name] ?? '';
  const SMALL = 8_192;
  const TIMES_LARGER = 8;

  it.each([
    ['signatures', (n: number) => `${unit}, `.repeat(n / unit.length)],
    ['commas', (n: number) => ','.repeat(n)],
    ['spaces', (n: number) => ' '.repeat(n)],
    ['equals signs', (n: number) => '='.repeat(n)],
    ['one long signature', (n: number) => unit + 'a'.repeat(n)],
  ])('costs no more than its length: %s', (_what, make) => {
    const cost = (size: number) => {
      const headers = { ...signed, [name]: make(size) };
      const request = { scheme, secrets: [secret], headers, rawBody, now: NOW, ...more };
      return shortest(() => verifySignature(request));
    };
    // Work that grows with the square of the length takes 64 times as long.
    const most = TIMES_LARGER * 3;
    expect(leastOf(() => cost(SMALL * TIMES_LARGER) / cost(SMALL), most)).toBeLessThan(most);
  });
});

/** The HMAC alone, as the cheapest code would make it. */
function hmacOf({ scheme, secret }: SchemeCase, rawBody: Buffer): () => string {
  const weaker = ['vercel', 'trello', 'intercom', 'cloudinary'].includes(scheme) ? 'sha1' : 'sha256';
  const hash = scheme === 'paystack' ? 'sha512' : weaker;
  return () => createHmac(hash, secret).update(rawBody).digest('hex');
}

const SIGNING = SCHEME_CASES.filter(({ signs }) => signs === 'all');

describe.each(SIGNING)('verifying as $scheme', (tested) => {
  const { scheme, secret, more, bodyOf } = tested;
  /** What a server behind a proxy gets besides. */
  const usual = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`x-header-${i}`, `value ${i}`]));

  // A copy of 1 MB, or a search in it, would show; so would a key that is made anew for each request of 10 KB.
  it.each([
    ['1 MB', 1_048_576, 1, 1.25],
    ['10 KB', 10_240, 200, 2.2],
  ])('costs little beside the HMAC of %s', (_size, bytes, times, most) => {
    const rawBody = bodyOf(Buffer.alloc(bytes, '{"name":"value"}'));
    const headers = { ...usual, ...signedHeaders(tested, rawBody) };
    const request = { scheme, secrets: [secret], headers, rawBody, now: NOW, ...more };
    const hmac = hmacOf(tested, rawBody);
    const ratio = () => shortest(() => verifySignature(request), { times }) / shortest(hmac, { times });
    expect(leastOf(ratio, most)).toBeLessThan(most);
  });
});
