// Tests that every change of one byte of a signed request is noticed; the changes are random, from a fixed seed.
import { describe, expect, it } from 'vitest';
import { signRequest, verifySignature } from '../../src/signatures/index.ts';

const NOW = 1_700_000_000;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ROUNDS = 300;
const SCHEMES = ['hmac', 'standard', 'svix', 'stripe', 'github'] as const;

/** A small seeded generator (mulberry32), good enough to choose bytes. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(bytes: Uint8Array, next: (below: number) => number): Buffer {
  const changed = Buffer.from(bytes);
  const at = next(changed.length);
  changed[at] = (changed[at] ?? 0) ^ (1 + next(255));
  return changed;
}

describe.each(SCHEMES)('%s', (scheme) => {
  it(`notices ${ROUNDS} changes of one byte of the body, and of each signed header`, () => {
    const next = random(20_240_229);
    for (let round = 0; round < ROUNDS; round++) {
      const rawBody = Buffer.from(Array.from({ length: 1 + next(200) }, () => next(256)));
      const headers = signRequest({ scheme, secret: SECRET, rawBody, now: NOW, eventId: `msg_${round}` });
      // GitHub does not sign its delivery id.
      delete headers['x-github-delivery'];
      const check = (changed: object) =>
        verifySignature({ scheme, secrets: [SECRET], headers, rawBody, now: NOW, ...changed });
      expect(check({})).toEqual({ ok: true });
      expect(check({ rawBody: mutate(rawBody, next) })).toMatchObject({
        ok: false,
        code: 'signature_invalid',
      });
      for (const [name, value] of Object.entries(headers)) {
        const changed = mutate(Buffer.from(value, 'latin1'), next).toString('latin1');
        const result = check({ headers: { ...headers, [name]: changed } });
        expect(result, `${name}: ${JSON.stringify(changed)}`).toMatchObject({
          ok: false,
          code: 'signature_invalid',
        });
      }
    }
  });

  it('notices an added byte and a missing byte', () => {
    const rawBody = Buffer.from('{"a":1}');
    const headers = signRequest({ scheme, secret: SECRET, rawBody, now: NOW });
    for (const changed of [
      rawBody.subarray(1),
      rawBody.subarray(0, -1),
      Buffer.concat([rawBody, Buffer.from('\n')]),
    ]) {
      const result = verifySignature({ scheme, secrets: [SECRET], headers, rawBody: changed, now: NOW });
      expect(result).toMatchObject({ ok: false, code: 'signature_invalid' });
    }
  });
});
