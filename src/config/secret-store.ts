// Finds the values of secrets, and collects what is wrong with them.
import { readFileSync } from 'node:fs';
import { checkSecret, type HmacOptions } from '../signatures/index.ts';
import { ConfigError } from './config-error.ts';
import { type MakeSecret, type SecretUse, secretForm } from './make-secret.ts';
import { Secret, type SecretRef } from './secret.ts';

/** @returns what is wrong with a value, in words that do not show the value */
type CheckValue = (value: string) => string | undefined;

/** Resolves every secret first and throws in `check` only, so that one message names every fault. */
export class SecretStore {
  readonly #env: NodeJS.ProcessEnv;
  readonly #makeSecret: MakeSecret | undefined;
  readonly #missing = new Set<string>();
  /** Missing secrets that `surehook dev` makes. */
  readonly #makeable = new Set<string>();
  /** Missing secrets that only a provider can give, with the scheme. */
  readonly #given = new Map<string, string>();
  readonly #unusable = new Set<string>();
  readonly #certificates = new Set<string>();
  /** Every secret that was resolved, by its name; files in PEM form by their paths. */
  readonly resolved = new Map<string, Secret>();
  /** What is suspicious about secrets that somebody else has chosen, and so can be used. */
  readonly warnings = new Set<string>();

  constructor(env: NodeJS.ProcessEnv, makeSecret: MakeSecret | undefined) {
    this.#env = env;
    this.#makeSecret = makeSecret;
  }

  /** @param options of the scheme `hmac`, which say what the text of a secret is */
  resolve({ name }: SecretRef, at: string, use?: SecretUse, options?: HmacOptions): Secret {
    const form = secretForm(use, options);
    const value = this.#read(name) ?? (form && this.#makeSecret?.(name, form));
    if (!value && form) this.#makeable.add(name);
    if (!value && !form) this.#given.set(name, String(use));
    return this.#check(name, at, value, (value) => {
      if (use === undefined) return checkHeader(value);
      const fault = checkText(value) ?? checkSecret(use, value, options);
      if (fault === undefined && isShort(use, value)) {
        if (use === 'delivery') return `${TOO_SHORT}; make one with: openssl rand -hex 32`;
        this.warnings.add(`${name} (${at}): ${TOO_SHORT}`);
      }
      return fault;
    });
  }

  /** Resolves a secret that somebody else has issued, such as a URL: dev cannot make such a value. */
  resolveGiven({ name }: SecretRef, at: string, check: CheckValue): Secret {
    return this.#check(name, at, this.#read(name), check);
  }

  /** @returns the headers by their names in lower case */
  resolveHeaders(
    headers: Record<string, string | SecretRef>,
    at: string,
  ): Readonly<Record<string, string | Secret>> {
    const resolved = Object.entries(headers).map(([key, value]) => [
      key.toLowerCase(),
      typeof value === 'string' ? value : this.resolve(value, `${at}.${key}`),
    ]);
    return Object.freeze(Object.fromEntries(resolved));
  }

  /** Resolves what stands in a PEM file, or in a secret. */
  resolvePem(given: string | SecretRef, at: string, check: CheckValue): Secret {
    if (typeof given !== 'string') return this.resolveGiven(given, at, check);
    let value = '';
    try {
      value = readFileSync(given, 'utf8');
      const reason = check(value);
      if (reason) this.refuseTls(at, `${given}: ${reason}`);
    } catch (error) {
      this.refuseTls(at, (error as Error).message);
    }
    return this.#keep(new Secret(given, value));
  }

  refuseTls(at: string, reason: string): void {
    this.#certificates.add(`${at}: ${reason}`);
  }

  #check(name: string, at: string, value: string | undefined, check: CheckValue): Secret {
    if (!value) this.#missing.add(name);
    else {
      const reason = check(value);
      if (reason) this.#unusable.add(`${name} (${at}): ${reason}`);
    }
    return this.#keep(new Secret(name, value ?? ''));
  }

  #keep(secret: Secret): Secret {
    this.resolved.set(secret.name, secret);
    return secret;
  }

  #read(name: string): string | undefined {
    const file = this.#env[`${name}_FILE`];
    if (this.#env[name] || !file) return this.#env[name] || undefined;
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || undefined;
    } catch (error) {
      this.#unusable.add(`${name}_FILE: ${(error as Error).message}`);
      return ''; // a made value must not stand in for a file that was named
    }
  }

  /** @throws ConfigError naming every secret that is missing or unusable */
  check(): void {
    const missing = [...this.#missing];
    const unusable = [...this.#unusable];
    if (missing.length > 0) {
      const names = missing.join(', ');
      throw new ConfigError(
        `missing ${missing.length === 1 ? 'secret' : 'secrets'} ${names}: set the environment variable, or <NAME>_FILE to a file that holds it${this.#givenHint()}${this.#hint()}${unusable.map((fault) => `; ${fault}`).join('')}`,
      );
    }
    if (this.#certificates.size > 0) throw new ConfigError([...this.#certificates].join('; '));
    if (unusable.length > 0) throw new ConfigError(`unusable secret: ${unusable.join('; ')}`);
  }

  #givenHint(): string {
    const hints = [...this.#given].map(
      ([name, scheme]) =>
        `; ${name} must be the provider's own key: the scheme '${scheme}' verifies with one that nobody else can make`,
    );
    return hints.join('');
  }

  /** A command beside a Surehook is given the secrets that `surehook dev` has made: there are none before its first run. */
  #hint(): string {
    const names = [...this.#makeable].filter((name) => this.#missing.has(name));
    if (this.#makeSecret === undefined || names.length === 0) return '';
    const which =
      names.length === this.#missing.size ? (names.length === 1 ? 'it' : 'them') : names.join(', ');
    return `; or run surehook dev, which makes ${which} for this machine`;
  }
}

const SECRET_MIN_BYTES = 16;
const TOO_SHORT = `the secret has fewer than ${SECRET_MIN_BYTES} characters, and might be guessed`;

/** What `whsec_` precedes is base64 of the key, by Standard Webhooks. */
function isShort(use: NonNullable<SecretUse>, secret: string): boolean {
  const isEncoded = ['standard', 'svix', 'delivery'].includes(use) && secret.startsWith('whsec_');
  const encoded = isEncoded ? secret.slice('whsec_'.length) : undefined;
  return Buffer.from(encoded ?? secret, encoded === undefined ? 'utf8' : 'base64').length < SECRET_MIN_BYTES;
}

/** No provider issues such secrets: they are mistakes of copying, and with them every signature would be wrong. */
function checkText(value: string): string | undefined {
  if (value.trim() === '') return 'the secret is empty';
  if (value.startsWith('\ufeff'))
    return 'the secret begins with a byte order mark; save its file as UTF-8 without one';
  // A PEM text ends in a line break.
  if (value !== value.trim() && !value.startsWith('-----BEGIN '))
    return 'the secret begins or ends with white space; remove it';
  if (/^(["'`]).*\1$/s.test(value)) return 'the secret stands in quotes; remove them';
  if (value.startsWith('v1,whsec_')) return "the secret begins at 'whsec_'; leave out the 'v1,' before it";
  return undefined;
}

function checkHeader(value: string): string | undefined {
  if (value !== value.trim()) return 'the secret begins or ends with white space; remove it';
  return /[^\t\x20-\x7e]/.test(value) ? 'a header value must be visible ASCII' : undefined;
}
