// The secrets that `surehook dev` makes, kept in a file in the state folder that only its owner can read.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

const contents = z.record(z.string(), z.string());

export class DevSecrets {
  readonly file: string;
  /** The names of the secrets that this object has made; `surehook dev` prints them. */
  readonly made: string[] = [];
  readonly #values: Record<string, string>;

  /** @throws ConfigError if the file is not a JSON object of strings */
  constructor(stateDir: string) {
    this.file = join(stateDir, 'secrets.json');
    this.#values = read(this.file);
  }

  get(name: string): string | undefined {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** @returns the kept value, or a value of 32 random bytes, which is written to the file first */
  getOrMake(name: string, encode = (bytes: Buffer) => `whsec_${bytes.toString('base64')}`): string {
    const kept = this.get(name);
    if (kept) return kept;
    const value = encode(randomBytes(32));
    this.#values[name] = value;
    this.made.push(name);
    this.#save();
    return value;
  }

  #save(): void {
    mkdirSync(join(this.file, '..'), { recursive: true, mode: 0o700 });
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(this.#values, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.file);
  }
}

function read(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  chmodSync(file, 0o600);
  const text = readFileSync(file, 'utf8');
  try {
    return contents.parse(JSON.parse(text));
  } catch {
    throw new ConfigError(
      `SUREHOOK_STATE_DIR: ${file} is not a JSON object of strings; restore it, or delete it to have new secrets made`,
    );
  }
}
