// Finds the values of secrets, and collects what is wrong with them.
import { readFileSync } from 'node:fs';
import { checkSecret, type SchemeName } from '../signatures/index.ts';
import { ConfigError } from './config-error.ts';
import { Secret, type SecretRef } from './secret.ts';

/** @returns what is wrong with a value, in words that do not show the value */
type CheckValue = (value: string) => string | undefined;

/** Resolves every secret first and throws in `check` only, so that one message names every fault. */
export class SecretStore {
  readonly #env: NodeJS.ProcessEnv;
  readonly #makeSecret: ((name: string) => string) | undefined;
  readonly #missing = new Set<string>();
  /** Missing secrets that `surehook dev` makes. */
  readonly #makeable = new Set<string>();
  readonly #unusable = new Set<string>();

  constructor(env: NodeJS.ProcessEnv, makeSecret: ((name: string) => string) | undefined) {
    this.#env = env;
    this.#makeSecret = makeSecret;
  }

  resolve({ name }: SecretRef, at: string, use?: SchemeName | 'delivery'): Secret {
    const value = this.#read(name) ?? this.#makeSecret?.(name);
    if (!value) this.#makeable.add(name);
    return this.#check(name, at, value, (value) => (use ? checkSecret(use, value) : checkHeader(value)));
  }

  /** Resolves a secret that somebody else has issued, such as a URL: dev cannot make such a value. */
  resolveGiven({ name }: SecretRef, at: string, check: CheckValue): Secret {
    return this.#check(name, at, this.#read(name), check);
  }

  #check(name: string, at: string, value: string | undefined, check: CheckValue): Secret {
    if (!value) this.#missing.add(name);
    else {
      const reason = check(value);
      if (reason) this.#unusable.add(`${name} (${at}): ${reason}`);
    }
    return new Secret(name, value ?? '');
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
        `missing ${missing.length === 1 ? 'secret' : 'secrets'} ${names}: set the environment variable, or <NAME>_FILE to a file that holds it${this.#hint()}${unusable.map((fault) => `; ${fault}`).join('')}`,
      );
    }
    if (unusable.length > 0) throw new ConfigError(`unusable secret: ${unusable.join('; ')}`);
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

function checkHeader(value: string): string | undefined {
  return /[^\t\x20-\x7e]/.test(value) ? 'a header value must be visible ASCII' : undefined;
}
