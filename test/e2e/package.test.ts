// Tests the package as npm would publish it: what it holds, and that it works when installed on the oldest Node.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Outcome, runCommand } from '../support/command.ts';
import { ENCRYPTION_KEYS, newId, PROJECT, SECRETS, Surehook, TOKEN } from '../support/surehook.ts';

const NODE_MAJOR = 22;
/** Measured: 40 s with an empty cache of npm; the rest is for a busy machine. */
const INSTALL_WITHIN_MS = 240_000;

/** A config file as a user writes it. */
const CONFIG = `
import { defineConfig, secret } from 'surehook';
import { signDelivery, verifySignature } from 'surehook/signatures';

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];

export default defineConfig({
  sources: {
    partner: {
      verify: { scheme: 'hmac', secrets: [secret('PARTNER_SECRET')] },
      handlers: {
        '*': async ({ id, rawBody }) => {
          const headers = { ...signDelivery({ secrets, workflowId: id, rawBody }) };
          const { ok } = verifySignature({ scheme: 'standard', secrets, headers, rawBody });
          return { id, node: process.versions.node, ok };
        },
      },
    },
  },
});
`;

const temp = mkdtempSync(join(tmpdir(), 'surehook-package-'));
const app = join(temp, 'app');
const installed = join(app, 'node_modules');
const bin = join(installed, '.bin');
let packed: string[];

/** The environment variables by which this machine reaches npm's registry. */
const REACHING =
  /^(NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(https?|no)_proxy|npm_config_(cache|registry|cafile|(https_)?proxy|noproxy|userconfig))$/i;

/** Runs a command such as npm with this machine's access to the registry. @param path comes first on PATH */
async function run(command: string, args: string[], cwd: string, path = ''): Promise<Outcome> {
  const PATH = [path, process.env.PATH].filter(Boolean).join(delimiter);
  const reaching = Object.entries(process.env).filter(([name]) => REACHING.test(name));
  const env = { ...(Object.fromEntries(reaching) as Record<string, string>), PATH, ...SECRETS };
  return await runCommand(args, env, { command, cwd, killAfterMs: INSTALL_WITHIN_MS });
}

beforeAll(async () => {
  // Scripts are left out: the build exists, and other tests are using it.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', temp];
  const { stdout, stderr } = await run('npm', pack, PROJECT);
  const [description] = JSON.parse(stdout || '[]');
  expect(description, stderr).toBeDefined();
  packed = description.files.map((file: { path: string }) => file.path);
  mkdirSync(app);
  writeFileSync(
    join(app, 'package.json'),
    '{ "private": true, "type": "module", "allowScripts": { "node": true } }',
  );
  writeFileSync(join(app, 'surehook.config.ts'), CONFIG);
  const install = [
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    join(temp, description.filename),
  ];
  const done = await run('npm', [...install, `node@${NODE_MAJOR}`], app);
  expect(done.code, done.stderr).toBe(0);
}, INSTALL_WITHIN_MS);

afterAll(() => rmSync(temp, { recursive: true, force: true }));

it('holds only the built code, its types and its documents', () => {
  const others = packed.filter((path) => !/^dist\/[\w/-]+(\.d\.ts|\.js)$/.test(path)).sort();
  expect(others).toEqual(['LICENSE', 'README.md', 'package.json']);
  const files = [
    'cli.js',
    'index.js',
    'index.d.ts',
    'signatures/index.js',
    'signatures/index.d.ts',
    'workflow-bundle.js',
  ];
  expect(packed).toEqual(expect.arrayContaining(files.map((file) => `dist/${file}`)));
  const sources = readdirSync(join(PROJECT, 'src'), { recursive: true, encoding: 'utf8' });
  const built = new Set(packed);
  for (const source of sources.filter((path) => path.endsWith('.ts'))) {
    expect(built).toContain(`dist/${source.replace(/\.ts$/, '.js')}`);
  }
  for (const path of packed.filter((name) => name.endsWith('.js') && !name.endsWith('workflow-bundle.js'))) {
    expect(readFileSync(join(installed, 'surehook', path), 'utf8')).not.toContain('//# sourceMappingURL');
  }
});

it('installs none of its development dependencies', () => {
  const lock = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8'));
  const packages = lock.packages as Record<string, { dev?: boolean }>;
  const isNode = (path: string) => /^node_modules\/node(-|$)/.test(path); // this test installs Node itself
  const developmentOnly = Object.keys(packages).filter((path) => packages[path]?.dev && !isNode(path));
  expect(developmentOnly).toContain('node_modules/vitest');
  expect(developmentOnly.filter((path) => existsSync(join(app, path)))).toEqual([]);
});

it('loads for surehook/signatures nothing but its own files: no Temporal, no express, no zod', async () => {
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { SCHEME_NAMES } = await import('surehook/signatures');
    console.log(JSON.stringify({ loaded, schemes: SCHEME_NAMES.length }));`;
  writeFileSync(join(app, 'loaded.mjs'), script);
  const { stdout, stderr } = await run('node', ['loaded.mjs'], app, bin);
  const { loaded, schemes } = JSON.parse(stdout || stderr) as { loaded: string[]; schemes: number };
  const others = loaded.filter((url) => !/^node:|\/surehook\/dist\/signatures\//.test(url));
  expect([others, schemes > 100]).toEqual([[], true]);
  expect(loaded.length).toBeGreaterThan(10);
});

it('has types by which a config file is checked', async () => {
  writeFileSync(join(app, 'wrong.config.ts'), CONFIG.replace('handlers:', 'handler:'));
  const tsc = join(PROJECT, 'node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node'];
  const args = [tsc, ...options, 'surehook.config.ts', 'wrong.config.ts'];
  const { stdout } = await run(process.execPath, args, app);
  const faults = stdout.split('\n').filter((line) => line.includes('error TS'));
  expect(faults.filter((line) => !line.startsWith('wrong.config.ts'))).toEqual([]);
  expect(stdout).toContain("'handler' does not exist");
});

it(`runs as npx surehook on Node ${NODE_MAJOR}`, async () => {
  const version = await run('node', ['--version'], app, bin);
  expect(version.stdout).toMatch(new RegExp(`^v${NODE_MAJOR}\\.`));
  const { code, stdout, stderr } = await run(
    'npx',
    ['--no-install', 'surehook', 'config', 'check'],
    app,
    bin,
  );
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('surehook.config.ts is valid');
  expect(stdout).toContain('partner');
  expect(stderr.split('\n').filter((line) => line && !line.startsWith('npm warn'))).toEqual([]);
});

it(`processes a signed event on Node ${NODE_MAJOR}`, async () => {
  const env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SUREHOOK_TASK_QUEUE: newId('queue'),
    SUREHOOK_OPERATOR_TOKEN: TOKEN,
    SUREHOOK_ENCRYPTION_KEYS: ENCRYPTION_KEYS,
    HOST: '127.0.0.1',
    PORT: '0',
    OPERATOR_PORT: '0',
    ...SECRETS,
  };
  const cli = join(installed, 'surehook/dist/cli.js');
  const surehook = Surehook.spawn(['serve'], env, { node: join(bin, 'node'), cli, cwd: app });
  try {
    await surehook.untilUp();
    const event_id = newId();
    expect((await surehook.send({ event_id, type: 'any' })).status).toBe(202);
    const event = await surehook.untilEvent('partner', event_id, ({ closed_at }) => closed_at !== null);
    expect(event.status).toBe('processed');
    const node = expect.stringMatching(new RegExp(`^${NODE_MAJOR}\\.`));
    expect(event.handler?.result).toEqual({ id: event_id, node, ok: true });
    expect(await surehook.stop()).toBe(0);
    expect(
      surehook.output
        .trim()
        .split('\n')
        .every((line) => line.startsWith('{')),
    ).toBe(true); // Node prints no warnings
  } finally {
    await surehook.stop('SIGKILL');
  }
});
