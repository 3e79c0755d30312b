// Tests the secrets that `surehook dev` makes and keeps.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { DevSecrets } from '../../src/config/dev-secrets.ts';
import { type MakeSecret, secretForm } from '../../src/config/make-secret.ts';
import { checkSecret, SCHEME_NAMES, type SchemeName, signWebhook } from '../../src/signatures/index.ts';
import { folder, load, loadOne, refusal } from '../support/config-file.ts';

/** The least that every scheme can sign: Coinbase wants JSON, and Plivo a form. */
const sign = (scheme: SchemeName, secret: string) =>
  signWebhook({ scheme, secret, rawBody: Buffer.from('{}'), url: 'https://hooks.example.com/' });

describe('the secrets that dev makes', () => {
  const stateDir = () => mkdtempSync(join(folder, 'state-'));
  const mode = (path: string) => statSync(path).mode & 0o777;

  it('are random, kept, and written to a file at once', () => {
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

  it('are used for a config whose secrets are not set', async () => {
    const dir = stateDir();
    const made = new DevSecrets(dir);
    const parts = { source: "verify: { scheme: 'standard', secrets: [secret('A')] }" };
    const { source } = await loadOne(parts, { env: {}, makeSecret: (name) => made.getOrMake(name) });
    expect(source.verify.secrets[0]?.reveal()).toBe(new DevSecrets(dir).get('A'));
    expect(made.made).toEqual(['A', 'B']);
  });

  it('have the form that the scheme takes, and can sign', () => {
    const makeable = SCHEME_NAMES.filter((scheme) => secretForm(scheme));
    for (const scheme of makeable) {
      const secret = secretForm(scheme)?.(randomBytes(32)) ?? '';
      expect(checkSecret(scheme, secret), scheme).toBeUndefined();
      if (scheme !== 'aws-sns') expect(() => sign(scheme, secret), scheme).not.toThrow();
    }
    const made = (scheme: SchemeName) => secretForm(scheme)?.(Buffer.alloc(32, 1));
    const [base64, hex] = [Buffer.alloc(32, 1).toString('base64'), Buffer.alloc(32, 1).toString('hex')];
    expect([made('stripe'), made('standard')]).toEqual([`whsec_${base64}`, `whsec_${base64}`]);
    expect(made('airtable')).toBe(base64);
    expect([made('close'), made('adyen')]).toEqual([hex, hex]);
    expect([made('postmark'), made('braintree')]).toEqual([`surehook:${hex}`, `surehook:${hex}`]);
    expect(secretForm('hmac', { secretEncoding: 'base64' })?.(Buffer.alloc(32, 1))).toBe(base64);
  });

  it('are not made where only the provider can give them, and the message says so', async () => {
    const others = SCHEME_NAMES.filter((scheme) => !secretForm(scheme));
    expect(others.sort()).toEqual([
      'discord',
      'ebay',
      'gemini-dynamic',
      'paypal',
      'plaid',
      'sendgrid',
      'telnyx',
      'wise',
      'wix',
    ]);
    const made = new DevSecrets(stateDir());
    const parts = { sources: "discord: { verify: { scheme: 'discord', secrets: [secret('DISCORD_KEY')] } }" };
    const makeSecret: MakeSecret = (name, encode) => made.getOrMake(name, encode);
    expect(await refusal(load(parts, { env: {}, makeSecret }))).toBe(
      "missing secret DISCORD_KEY: set the environment variable, or <NAME>_FILE to a file that holds it; DISCORD_KEY must be the provider's own key: the scheme 'discord' verifies with one that nobody else can make",
    );
    expect(made.made).toEqual(['A', 'B']);
  });

  it('are made for sources of every form', async () => {
    const made = new DevSecrets(stateDir());
    const sources = ['airtable', 'close', 'braintree', 'postmark'].map(
      (scheme) =>
        `${scheme}: { verify: { scheme: '${scheme}', secrets: [secret('S_${scheme.toUpperCase()}')] } }`,
    );
    const makeSecret: MakeSecret = (name, encode) => made.getOrMake(name, encode);
    await load({ sources: sources.join(', ') }, { env: {}, makeSecret });
    expect(made.get('S_CLOSE')).toMatch(/^[0-9a-f]{64}$/);
    expect(made.get('S_POSTMARK')).toMatch(/^surehook:[0-9a-f]{64}$/);
  });
});
