// Tests signatures against the providers' own libraries: each side verifies what the other side signs.
import { createHash, createHmac } from 'node:crypto';
import { sign as githubSign, verify as githubVerify } from '@octokit/webhooks-methods';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { checkSecret, signDelivery, signRequest, verifySignature } from '../../src/signatures/index.ts';

const NOW = 1_700_000_000;
const OK = { ok: true };
const bytes = (text: string) => new TextEncoder().encode(text);
const BODIES = [
  '{"id":"evt_1","type":"invoice.paid"}',
  '{"name":"Łódź 🚲","n":1e3}',
  ' {\r\n\t"a" : [ ] }\n',
];
const whsec = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;

// The clock is faked because standardwebhooks has no clock to inject.
beforeEach(() => vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

describe('stripe', () => {
  const secret = 'whsec_stripe_secrets_are_plain_text';

  it.each(BODIES)('verifies what stripe signs: %j', (payload) => {
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: NOW });
    const headers = { 'Stripe-Signature': header };
    expect(
      verifySignature({ scheme: 'stripe', secrets: [secret], headers, rawBody: bytes(payload) }),
    ).toMatchObject(OK);
  });

  it.each(BODIES)('signs what stripe verifies: %j', (payload) => {
    const header = signRequest({ scheme: 'stripe', secret, rawBody: bytes(payload) })['stripe-signature'];
    const event = Stripe.webhooks.constructEvent(payload, header ?? '', secret);
    expect(event).toEqual(JSON.parse(payload));
  });

  it('refuses what stripe signs with another secret', () => {
    const payload = BODIES[0] ?? '';
    const headers = {
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({ payload, secret: 'other' }),
    };
    const rawBody = bytes(payload);
    expect(verifySignature({ scheme: 'stripe', secrets: [secret], headers, rawBody })).toMatchObject({
      ok: false,
      code: 'signature_invalid',
    });
  });
});

describe('github', () => {
  const secret = "It's a Secret to Everybody";

  it.each(BODIES)('verifies what octokit signs: %j', async (payload) => {
    const headers = { 'x-hub-signature-256': await githubSign(secret, payload) };
    expect(
      verifySignature({ scheme: 'github', secrets: [secret], headers, rawBody: bytes(payload) }),
    ).toMatchObject(OK);
  });

  it.each(BODIES)('signs what octokit verifies: %j', async (payload) => {
    const headers = signRequest({ scheme: 'github', secret, rawBody: bytes(payload) });
    expect(await githubVerify(secret, payload, headers['x-hub-signature-256'] ?? '')).toBe(true);
  });
});

describe('standard', () => {
  const secret = whsec('a key of twenty-four byte');

  it.each(BODIES)('verifies what standardwebhooks signs: %j', (payload) => {
    const headers = {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(NOW),
      'webhook-signature': new Webhook(secret).sign('msg_1', new Date(NOW * 1000), payload),
    };
    expect(
      verifySignature({ scheme: 'standard', secrets: [secret], headers, rawBody: bytes(payload) }),
    ).toMatchObject(OK);
  });

  it.each(BODIES)('signs what standardwebhooks verifies: %j', (payload) => {
    const headers = signRequest({ scheme: 'standard', secret, rawBody: bytes(payload) });
    expect(new Webhook(secret).verify(payload, headers)).toEqual(JSON.parse(payload));
  });

  it.each(['YQ==', 'YWI=', 'YWJj', 'YR==', 'YQ', 'YWI', 'YWJ', 'Y', 'YQ=', 'Y-_j', 'YW Jj', '='])(
    'accepts and refuses the same keys as standardwebhooks: %j',
    (key) => {
      const written = `whsec_${key}`;
      const theirs = orUndefined(() => new Webhook(written));
      expect(checkSecret('standard', written) === undefined).toBe(theirs !== undefined);
      if (!theirs) return;
      const headers = signRequest({ scheme: 'standard', secret: written, rawBody: bytes('{}') });
      expect(theirs.verify('{}', headers)).toEqual({});
    },
  );
});

function orUndefined<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

describe('signDelivery', () => {
  const payload = '{"task_id":"task_1","status":"completed","name":"Łódź"}';
  const rawBody = bytes(payload);
  const current = whsec('the current key, 24 bytes');
  const previous = 'the previous secret, plain text';
  const signed = () =>
    signDelivery({ secrets: [current, previous], workflowId: 'stripe:evt.1', rawBody, now: NOW });

  it('makes a signature for each active secret, and standardwebhooks verifies each', () => {
    const headers = signed();
    expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
    expect(new Webhook(current).verify(payload, headers)).toEqual(JSON.parse(payload));
    expect(new Webhook(previous, { format: 'raw' }).verify(payload, headers)).toEqual(JSON.parse(payload));
    expect(() => new Webhook(whsec('another key')).verify(payload, headers)).toThrow();
  });

  it('signs the raw body with the whole text of the first secret for X-Webhook-Signature', () => {
    const headers = signed();
    expect(headers['x-webhook-signature']).toBe(createHmac('sha256', current).update(payload).digest('hex'));
    expect(verifySignature({ scheme: 'hmac', secrets: [current], headers, rawBody })).toMatchObject(OK);
    expect(verifySignature({ scheme: 'hmac', secrets: [previous], headers, rawBody }).ok).toBe(false);
  });

  it('makes signatures that Surehook itself verifies with either secret', () => {
    for (const secret of [current, previous]) {
      const headers = signed();
      expect(verifySignature({ scheme: 'standard', secrets: [secret], headers, rawBody })).toMatchObject(OK);
    }
  });

  it('keeps the id over all attempts, and renews the time and the signature', () => {
    const first = signed();
    const second = signDelivery({
      secrets: [current],
      workflowId: 'stripe:evt.1',
      rawBody,
      now: NOW + 60.9,
    });
    const digest = createHash('sha256').update('stripe:evt.1').digest('hex').slice(0, 32);
    expect(first['webhook-id']).toBe(`msg_${digest}`);
    expect(second['webhook-id']).toBe(first['webhook-id']);
    expect(second['webhook-timestamp']).toBe(String(NOW + 60));
    expect(first['webhook-signature']).not.toContain(second['webhook-signature']);
  });

  it('gives each workflow its own id, without dots', () => {
    const other = signDelivery({ secrets: [current], workflowId: 'stripe:evt.2', rawBody });
    expect(other['webhook-id']).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(other['webhook-id']).not.toBe(signed()['webhook-id']);
  });

  it('signs bytes that are not text, and an empty body', () => {
    for (const odd of [Uint8Array.of(0xff, 0xfe, 0x00), new Uint8Array()]) {
      const headers = signDelivery({ secrets: [current], workflowId: 'a:b', rawBody: odd });
      expect(
        verifySignature({ scheme: 'standard', secrets: [current], headers, rawBody: odd }),
      ).toMatchObject(OK);
      expect(verifySignature({ scheme: 'hmac', secrets: [current], headers, rawBody: odd })).toMatchObject(
        OK,
      );
    }
  });
});
