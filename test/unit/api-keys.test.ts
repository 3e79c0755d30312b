// Tests how API keys are parsed, and how clients are known by them.
import { describe, expect, it } from 'vitest';
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
