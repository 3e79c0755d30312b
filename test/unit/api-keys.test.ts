// Tests how API keys are parsed, how clients are known by them, and how often each client may ask.
import { describe, expect, it } from 'vitest';
import { ClientRates } from '../../src/api/agent/client-rates.ts';
import { Clients } from '../../src/api/agent/clients.ts';
import { apiKeysSchema } from '../../src/config/api-keys.ts';

const K = 'k'.repeat(16);
const L = 'l'.repeat(16);

describe('SUREHOOK_API_KEYS', () => {
  it.each([
    ['no key', `shop`],
    ['a short key', 'shop:short'],
    ['a name that is none', `My Shop:${K}`],
    ['a key with white space', `shop:${K} ${L}`],
    ['the same key for two clients', `shop:${K},bank:${K}`],
    ['three keys of one client', `shop:${K},shop:${L},shop:${'m'.repeat(16)}`],
    ['an empty pair', `shop:${K},`],
  ])('is refused with %s, and the message quotes no key', (_what, text) => {
    const parsed = apiKeysSchema.safeParse(text);
    expect(parsed.success).toBe(false);
    for (const secret of [K, L, 'short']) expect(JSON.stringify(parsed.error?.issues)).not.toContain(secret);
  });

  it('may have two keys for each client, and a key may hold colons', () => {
    const parsed = apiKeysSchema.parse(`shop:${K},shop:a:b:${K}, bank:${L}`);
    expect(parsed.map(({ client }) => client)).toEqual(['shop', 'shop', 'bank']);
    const clients = new Clients(parsed);
    expect([`Bearer ${K}`, `Bearer a:b:${K}`, `Bearer ${L}`].map((header) => clients.find(header))).toEqual([
      'shop',
      'shop',
      'bank',
    ]);
    for (const header of [undefined, '', 'Bearer', `Bearer ${K}x`, K, `bearer ${K}`])
      expect(clients.find(header)).toBe(undefined);
  });
});

describe('a client that asks often', () => {
  it('may use up its burst, is told when to ask again, and gets its rate back', () => {
    const rates = new ClientRates({ burst: 3, perSecond: 2 });
    const counts = [0, 0, 0, 0].map((now) => rates.count('shop', now));
    expect(counts.map(({ isWithin }) => isWithin)).toEqual([true, true, true, false]);
    expect(counts[0]?.headers).toEqual({
      'ratelimit-policy': '"requests";q=3;w=2',
      ratelimit: '"requests";r=2;t=1',
    });
    expect(counts[3]?.headers['retry-after']).toBe('1');
    expect(rates.count('bank', 0).isWithin).toBe(true);
    expect([500, 500].map((now) => rates.count('shop', now).isWithin)).toEqual([true, false]);
  });
});
