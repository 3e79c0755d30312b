// Evaluates the config file in this process, which runs the user's code, and lists the files that it loads.
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
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

/** Names the file of the project and the line where the fault is, as far as the error tells. */
function describeFault(error: unknown, configFile: string): string {
  const { message, stack = '' } = describeThrown(error);
  const firstLine = message.split('\n')[0] ?? '';
  // The stack as it is written: only there a syntax error names its place.
  const raw = error instanceof Error && typeof error.stack === 'string' ? error.stack : stack;
  const place = placeOfImport(firstLine) ?? placeInStack(raw);
  if (place === undefined) return firstLine;
  const { file, line } = place;
  return file === configFile
    ? `line ${line}: ${firstLine}`
    : `${relative(process.cwd(), file)} line ${line}: ${firstLine}`;
}

interface Place {
  file: string;
  line: number | string;
}

/** The first file of the project in the stack. */
function placeInStack(stack: string): Place | undefined {
  for (const text of stack.split('\n')) {
    const [, found = '', line = ''] = /(file:\/\/\/\S+?|\/[^()]*?):(\d+)(?::\d+)?\)?$/.exec(text) ?? [];
    const file = found.startsWith('file:') ? fileURLToPath(found) : found;
    if (file !== '' && !file.includes('/node_modules/') && existsSync(file)) return { file, line };
  }
  return undefined;
}

/** An import of what is not there: Node names the file that imports, but not the line. */
function placeOfImport(message: string): Place | undefined {
  const [, missing, importer] =
    /^Cannot find (?:module|package) '(.+)' imported from (.+)$/.exec(message) ?? [];
  if (missing === undefined || importer === undefined || !existsSync(importer)) return undefined;
  const lines = readFileSync(importer, 'utf8').split('\n');
  const index = lines.findIndex((text) =>
    Array.from(text.matchAll(/['"]([^'"]+)['"]/g)).some(([, name = '']) => names(name, missing, importer)),
  );
  return { file: importer, line: index === -1 ? '?' : index + 1 };
}

/** Whether a text in a file, as an import may have it, names a module: by a path, or as a package or a part of one. */
function names(text: string, module: string, importer: string): boolean {
  if (text.startsWith('.')) return resolve(dirname(importer), text) === module;
  return text === module || text.startsWith(`${module}/`);
}
