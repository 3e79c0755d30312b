// Tests the secrets that `surehook dev` makes and keeps.
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { DevSecrets } from '../../src/config/dev-secrets.ts';
import { folder, loadOne } from '../support/config-file.ts';

describe('the secrets that dev makes', () => {
  const stateDir = () => mkdtempSync(join(folder, 'state-'));
  const mode = (path: string) => statSync(path).mode & 0o777;

  it('are random, usable by every scheme, and kept', () => {
    const dir = join(stateDir(), 'nested', 'state');
    const first = new DevSecrets(dir);
    const secret = first.getOrMake('A');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(first.getOrMake('A')).toBe(secret);
    expect(first.getOrMake('B')).not.toBe(secret);
    expect(first.getOrMake('TOKEN', (bytes) => bytes.toString('hex'))).toMatch(/^[0-9a-f]{64}$/);
    expect(first.made).toEqual(['A', 'B', 'TOKEN']);
    const second = new DevSecrets(dir);
    expect(second.getOrMake('A')).toBe(secret);
    expect(second.get('B')).toBe(first.get('B'));
    expect(second.made).toEqual([]);
    expect(second.get('C')).toBeUndefined();
    expect(second.get('toString')).toBeUndefined();
  });

  it('are readable by their owner only, even after somebody made the file readable', () => {
    const dir = join(stateDir(), 'state');
    const { file } = new DevSecrets(dir);
    expect(existsSync(dir)).toBe(false);
    new DevSecrets(dir).getOrMake('A');
    expect([mode(file), mode(dir)]).toEqual([0o600, 0o700]);
    chmodSync(file, 0o644);
    expect(new DevSecrets(dir).get('A')).toBeTruthy();
    expect(mode(file)).toBe(0o600);
  });

  it.each(['', '{"A": "whsec_', 'null', '[]', '"text"', '{"A": 5}'])(
    'do not replace a damaged file: %j',
    (content) => {
      const dir = stateDir();
      const { file } = new DevSecrets(dir);
      writeFileSync(file, content);
      expect(() => new DevSecrets(dir)).toThrow(
        new ConfigError(
          `SUREHOOK_STATE_DIR: ${file} is not a JSON object of strings; restore it, or delete it to have new secrets made`,
        ),
      );
      expect(readFileSync(file, 'utf8')).toBe(content);
    },
  );

  it.each(['discord', 'wise', 'postmark', 'plaid', 'adyen'])(
    'are none for %s, whose secret has a form of its own',
    async (scheme) => {
      const made = new DevSecrets(stateDir());
      const parts = { source: `verify: { scheme: '${scheme}', secrets: [secret('A')] }` };
      const loaded = loadOne(parts, {
        env: { B: 'x'.repeat(32) },
        makeSecret: (name) => made.getOrMake(name),
      });
      await expect(loaded).rejects.toThrow(/^missing secret A: set the environment variable/);
      expect(made.made).toEqual([]);
    },
  );

  it('are used for a config whose secrets are not set', async () => {
    const dir = stateDir();
    const made = new DevSecrets(dir);
    const parts = { source: "verify: { scheme: 'standard', secrets: [secret('A')] }" };
    const { source } = await loadOne(parts, { env: {}, makeSecret: (name) => made.getOrMake(name) });
    expect(source.verify.secrets[0]?.reveal()).toBe(new DevSecrets(dir).get('A'));
    expect(made.made).toEqual(['A', 'B']);
  });
});
