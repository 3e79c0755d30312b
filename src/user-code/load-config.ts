// Loads the config for a command that runs no handler: a process evaluates the file, and ends.
import type { Config } from '../config/config.ts';
import { type ResolveOptions, resolveConfig } from '../config/resolve-config.ts';
import { UserCodeProcess } from './user-code-process.ts';

/** @throws ConfigError naming every fault found, or every secret that is missing */
export async function loadConfig(options: ResolveOptions): Promise<Config> {
  const child = new UserCodeProcess({
    path: options.path,
    logLevel: 'error',
    tracesUrl: undefined,
    downloads: { proxy: undefined, allowLoopback: false }, // nothing runs
    memoryMb: undefined,
    inspectPort: undefined,
  });
  try {
    const { description } = await child.ready;
    return resolveConfig(description, options);
  } finally {
    child.kill();
  }
}
