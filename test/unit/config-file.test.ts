// Tests config files that are missing, broken or without an export, and the output of `surehook config check`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/user-code/load-config.ts';
import { configText, ENV, folder, INDEX, refusal, write } from '../support/config-file.ts';

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));

describe('a file that cannot be loaded', () => {
  it('is named with its setting when it is missing', async () => {
    const path = join(folder, 'nowhere.config.ts');
    expect(await refusal(loadConfig({ path, env: ENV }))).toBe(
      `SUREHOOK_CONFIG: there is no file ${path}; create it or set SUREHOOK_CONFIG to its path`,
    );
  });

  it('is refused with an example when it has no default export', async () => {
    const path = write('export const config = { sources: {} };');
    expect(await refusal(loadConfig({ path, env: ENV }))).toBe(
      `${path} has no default export; write: export default defineConfig({ … })`,
    );
  });

  it.each(['null', '42', "'text'", '[]', '() => 1'])(
    'is refused when its default export is %s',
    async (text) => {
      const path = write(`export default ${text};`);
      expect(await refusal(loadConfig({ path, env: ENV }))).toMatch(
        /is not valid: the default export: Invalid input: expected object, received \w+$/,
      );
    },
  );

  it.each([
    ["new Error('boom\\nand more')", 'boom'],
    ["'text\\nand more'", 'text'],
    ['null', 'null'],
    ['Symbol()', 'Symbol()'],
  ])('is refused with the first line of what it throws: %s', async (thrown, shown) => {
    const path = write(`throw ${thrown};`);
    const message = await refusal(loadConfig({ path, env: ENV }));
    expect(message.startsWith(`${path} cannot be read: `), message).toBe(true);
    expect(message.endsWith(shown), message).toBe(true);
  });

  it('is refused with the rule for the names of secrets', async () => {
    const path = write(`import { secret } from '${INDEX}';\nexport default secret('sk_live_123');`);
    expect(await refusal(loadConfig({ path, env: ENV }))).toMatch(
      /secret\('sk_live_123'\): use the name of an environment variable, such as STRIPE_WEBHOOK_SECRET$/,
    );
  });
});

describe('a fault in a file that the config imports names that file and its line:', () => {
  it.each([
    [
      'a syntax error',
      'export const a = 1;\nexport const handler = async () => { const = 3; };',
      2,
      'Unexpected token',
    ],
    ['a throw', "function f() {\n  throw new Error('no table');\n}\nf();", 2, 'no table'],
    ['a rejection', "await Promise.reject(new TypeError('x is bad'));", 1, 'x is bad'],
    ['a missing import', "\nimport { x } from './gone.ts';\nexport default x;", 2, 'gone.ts'],
    ['a missing package', "\n\nimport x from 'no-such-package';\nexport default x;", 3, 'no-such-package'],
    [
      'a missing export',
      "import { nope } from '../imported ones/other.ts';\nexport default nope;",
      1,
      'nope',
    ],
  ])('%s', async (_what, text, line, fault) => {
    const imported = join(folder, 'imported ones');
    mkdirSync(imported, { recursive: true });
    writeFileSync(join(imported, 'other.ts'), 'export const yes = 1;');
    const file = join(imported, 'one.ts');
    writeFileSync(file, text);
    const path = write(`import '${new URL(`file://${file}`).href}';\nexport default {};`);
    const message = await refusal(loadConfig({ path, env: ENV }));
    expect(message).toContain(`imported ones/one.ts line ${line}: `);
    expect(message).toContain(fault);
  });
});

// The command runs in Node itself, as for users: in Vitest's process, Vite would load the config files.
describe('surehook config check', () => {
  function check(path: string, env: Record<string, string> = {}) {
    const { PATH = '', HOME = '' } = process.env;
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'config', 'check'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH, HOME, SUREHOOK_CONFIG: path, ...env },
    });
    return { status, stdout, stderr };
  }

  it('prints that a valid config is valid', () => {
    const path = write(configText());
    const { status, stdout, stderr } = check(path, ENV);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${path} is valid`);
  });

  it('exits with 1 and one line that names every missing secret', () => {
    const hint =
      'set the environment variable, or <NAME>_FILE to a file that holds it; or run surehook dev, which makes them for this machine';
    const stderr = `surehook: missing secrets A, B: ${hint}\n`;
    expect(check(write(configText()))).toEqual({ status: 1, stdout: '', stderr });
  });

  it.each([
    ['a syntax error', 'export default {\n  sources: { partner: \n', /: line 2: Expression expected$/],
    ['TypeScript that Node cannot strip', '\nenum Kind { A }\nexport default {};', /: line 2: .*enum/],
    ['a name that is not defined', 'const a: number = 1;\nexport default b;', /: line 2: b is not defined$/],
    ['a package that is not installed', "import 'not-installed';\n", /Cannot find package 'not-installed'/],
    ['an export that does not exist', `import { defineConf } from '${INDEX}';`, /: line 1: .*'defineConf'$/],
  ])('exits with 1 and one line for %s', (_, text, expected) => {
    const path = write(text);
    const { status, stdout, stderr } = check(path);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr.startsWith(`surehook: ${path} cannot be read: `), stderr).toBe(true);
    expect(stderr.trimEnd()).toMatch(expected);
  });
});
