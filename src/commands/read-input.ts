// Reads a file that an option of a command names; `-` is standard input.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { ConfigError } from '../config/config-error.ts';

/** A pipe that is empty so far is waited for: reading it at once would be an error (EAGAIN). */
export async function readInput(option: string, file: string): Promise<Buffer> {
  try {
    return file === '-' ? await buffer(process.stdin) : await readFile(file);
  } catch (error) {
    throw new ConfigError(`${option}: ${(error as Error).message}`);
  }
}
