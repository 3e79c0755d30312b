// Secrets that `surehook dev` makes for itself, kept in the state dir and readable by its owner only.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

const contents = z.record(z.string(), z.string());

export class DevSecrets {
  readonly file: string;
  /** Names made since this object was made: the output tells of them. */
  readonly made: string[] = [];
  readonly #values: Record<string, string>;

  constructor(stateDir: string) {
    this.file = join(stateDir, 'secrets.json');
    this.#values = read(this.file);
  }

  get(name: string): string | undefined {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  /** The kept value, or a new one of 32 random bytes, kept before it is returned. */
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
      `SUREHOOK_STATE_DIR: ${file} is not a JSON object of texts; restore it, or delete it to have new secrets made`,
    );
  }
}
