// Keeps objects as files of a folder: each is written beside its place, flushed, then renamed into its place.
import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ObjectStore } from './object-store.ts';

export class DiskStore implements ObjectStore {
  readonly name: string;
  readonly #folder: string;
  /** The folder that was made last. Every `put` into it waits until the folder is durable. */
  #made: { path: string; done: Promise<void> } | undefined;

  constructor(path: string) {
    this.#folder = resolve(path);
    this.name = `disk:${this.#folder}`;
  }

  async check(): Promise<void> {
    await makeFolder(this.#folder);
    await access(this.#folder, constants.R_OK | constants.W_OK | constants.X_OK);
  }

  async put(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const path = join(this.#folder, key);
    await this.#make(dirname(path));
    const partial = `${path}.${randomUUID()}.partial`;
    try {
      const file = await open(partial, 'wx', 0o600);
      try {
        await file.writeFile(bytes, { signal });
        await file.sync();
      } finally {
        await file.close();
      }
      signal.throwIfAborted();
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await flushFolder(dirname(path));
  }

  async #make(path: string): Promise<void> {
    if (this.#made?.path === path) {
      await this.#made.done;
      if (existsSync(path)) return; // else somebody has removed the folder
    }
    const done = makeFolder(path);
    this.#made = { path, done };
    try {
      await done;
    } catch (error) {
      this.#made = undefined;
      throw error;
    }
  }

  async get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#folder, key), { signal });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await flushFolder(dirname(made));
}

/** A new name in a folder outlives a power cut only once the folder itself is flushed. */
async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
