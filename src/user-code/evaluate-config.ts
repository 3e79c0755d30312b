// Evaluates the config file in this process, which runs the user's code, and lists the files that it loads.
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../config/config-error.ts';
import type { ParsedConfig } from '../config/define-config.ts';
import { parseConfig } from '../config/describe-config.ts';
import { describeThrown } from './describe-thrown.ts';

/** @throws ConfigError that names the file, its line where it is known, and the fault */
export async function evaluateConfig(path: string): Promise<ParsedConfig> {
  return parseConfig(path, await importConfig(path));
}

/**
 * Lists files of the project as they are loaded: those that a change of makes the config another one. Files of packages
 * are left out.
 */
export function listLoadedFiles(): Set<string> {
  const files = new Set<string>();
  registerHooks({
    load(url, context, nextLoad) {
      if (url.startsWith('file:') && !url.includes('/node_modules/')) files.add(fileURLToPath(url));
      return nextLoad(url, context);
    },
  });
  return files;
}

async function importConfig(path: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) {
    throw new ConfigError(
      `SUREHOOK_CONFIG: there is no file ${path}; create it or set SUREHOOK_CONFIG to its path`,
    );
  }
  try {
    const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
    if (module.default !== undefined) return module.default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new ConfigError(`${path} cannot be read by Node ${process.version}: use Node 22.19 or newer`);
    }
    throw new ConfigError(`${path} cannot be read: ${describeFault(error, file)}`);
  }
  throw new ConfigError(`${path} has no default export; write: export default defineConfig({ … })`);
}

/** The place of a fault is the first file of the project in the stack; a syntax error names its place nowhere else. */
function describeFault(error: unknown, configFile: string): string {
  const { message, stack = '' } = describeThrown(error);
  const firstLine = message.split('\n')[0];
  const raw = error instanceof Error && typeof error.stack === 'string' ? error.stack : stack;
  const places = Array.from(raw.matchAll(/(?:file:\/\/)?(\/[^\s():]+):(\d+)/g));
  const [, file, line] =
    places.find(([, one]) => one && !one.includes('/node_modules/') && existsSync(one)) ?? [];
  if (file === undefined) return firstLine ?? '';
  return file === configFile
    ? `line ${line}: ${firstLine}`
    : `${relative(process.cwd(), file)} line ${line}: ${firstLine}`;
}
