// "Imports run one way" (docs: the house), held over the source files and over the bundle that workers load.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { type Import, imports, loadedBy, sources } from '../support/imports.ts';

const files = [...sources.keys()];
const isOurs = (name: string) => sources.has(name);
const isIn = (folder: string) => (name: string) => name.startsWith(`${folder}/`);
const show = ({ from, to, typeOnly }: Import) => `${from} imports ${typeOnly ? 'types of ' : ''}${to}`;

/** Imports of files of ours that a rule does not allow. */
function offences(from: (file: string) => boolean, isAllowed: (one: Import) => boolean): string[] {
  return imports.filter((one) => from(one.from) && isOurs(one.to) && !isAllowed(one)).map(show);
}

/** Packages and built-ins that are loaded with any of these files. */
function packagesLoadedBy(from: (file: string) => boolean): string[] {
  const all = new Set(files.filter(from).flatMap((file) => [...loadedBy(file)]));
  return [...all].filter((name) => !isOurs(name)).sort();
}

const PURE = ['messages.ts', 'failures.ts', 'ids.ts', 'alerts.ts', 'endpoints.ts', 'jobs.ts'];
const isPure = (name: string) => PURE.includes(name);

describe('the scan of the imports', () => {
  it('misses no import statement', () => {
    for (const [file, text] of sources) {
      const written = text.match(/^import\b|^\} from\b|^export\b.* from\b|\bimport\(\s*['"]/gm) ?? [];
      const multiLine = text.match(/^import (type )?\{$/gm) ?? [];
      const found = imports.filter(({ from }) => from === file);
      expect(found.length, file).toBe(written.length - multiLine.length);
    }
    expect(imports.length).toBeGreaterThan(100);
  });

  it('knows the file behind each relative path', () => {
    const unknown = imports.filter(({ to }) => to.endsWith('.ts') && !isOurs(to));
    expect(unknown.map(show)).toEqual([]);
  });
});

describe('messages, failures, ids, alerts, endpoints and jobs', () => {
  it('import nothing of ours', () => {
    expect(offences(isPure, () => false)).toEqual([]);
  });
});

describe('workflows', () => {
  const isWorkflow = isIn('workflows');

  it('import the pure modules, and types of activities and of the raw body', () => {
    const isAllowed = ({ to, typeOnly }: Import) =>
      isWorkflow(to) || isPure(to) || (typeOnly && (isIn('activities')(to) || to === 'raw-body.ts'));
    expect(offences(isWorkflow, isAllowed)).toEqual([]);
  });

  it("load nothing but Temporal's own, and so no zod and no built-in of Node", () => {
    expect(packagesLoadedBy(isWorkflow)).toEqual([
      '@temporalio/common',
      '@temporalio/workflow',
      '@temporalio/workflow/lib/global-attributes.js', // the random seed, which tells of a reset
    ]);
  });

  it('run with a payload converter that loads nothing else either', () => {
    const loaded = packagesLoadedBy((file) => file === 'raw-body.ts');
    expect(loaded).toEqual(['@temporalio/common', '@temporalio/common/lib/encoding.js']);
  });

  it('are bundled without zod, and without anything of Node', () => {
    const bundle = readFileSync(new URL('../../dist/workflow-bundle.js', import.meta.url), 'utf8');
    const modules = Array.from(bundle.matchAll(/^\/\*{3}\/ "([^"]+)"/gm), ([, id]) => id as string);
    expect(modules).toContain('./dist/workflows/process-event.js');
    const packages = modules.map((id) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(id)?.[1]);
    expect(packages).toContain('@temporalio/workflow');
    expect(packages).not.toContain('zod');
    const ours = modules.filter((id) => id.startsWith('./dist/')).map((id) => id.slice('./dist/'.length));
    expect(
      ours.filter(
        (id) =>
          !/^(workflows\/|messages|alerts|endpoints|jobs|failures|failure-converter|ids|raw-body)/.test(id),
      ),
    ).toEqual([]);
    const builtIns = modules.filter((id) => id.startsWith('node:') || builtinModules.includes(id));
    expect(builtIns).toEqual([]);
    expect(bundle).not.toMatch(/\brequire\(/);
    expect(bundle).not.toMatch(/["']node:/);
  });
});

describe('activities', () => {
  const isActivity = isIn('activities');

  it('import the pure modules, signatures, and types of what they are given', () => {
    const isGiven = (to: string) =>
      isIn('config')(to) || isIn('temporal')(to) || ['raw-body.ts', 'metrics.ts', 'tracing.ts'].includes(to);
    const isAllowed = ({ to, typeOnly }: Import) =>
      isActivity(to) ||
      isPure(to) ||
      isIn('signatures')(to) ||
      to === 'config/config.ts' || // for `forType`; it loads nothing, see below
      (typeOnly && isGiven(to));
    expect(offences(isActivity, isAllowed)).toEqual([]);
  });

  it('load no config machinery, no client and no HTTP server', () => {
    const loaded = packagesLoadedBy(isActivity).filter((name) => !name.startsWith('node:'));
    expect(loaded).toEqual(['@temporalio/activity', '@temporalio/common', 'nodemailer', 'undici']);
    expect([...loadedBy('config/config.ts')]).toEqual([]);
  });
});

describe('api', () => {
  const isApi = isIn('api');

  it('knows nothing of the worker, the activities, the dev server, the commands and the entry points', () => {
    const isForbidden = (to: string) =>
      ['worker.ts', 'run.ts', 'cli.ts', 'temporal/dev-server.ts', 'temporal/find-cli.ts'].includes(to) ||
      isIn('activities')(to) ||
      isIn('commands')(to);
    expect(offences(isApi, ({ to }) => !isForbidden(to))).toEqual([]);
    const loaded = files.filter(isApi).flatMap((file) => [...loadedBy(file)]);
    expect(loaded.filter((to) => isForbidden(to))).toEqual([]);
  });

  it("imports the workflows' types alone", () => {
    expect(offences(isApi, ({ to, typeOnly }) => !isIn('workflows')(to) || typeOnly)).toEqual([]);
  });

  it('is imported by the entry points alone, and by commands for its types', () => {
    const isOutside = (file: string) => !isApi(file);
    const isAllowed = ({ from, to, typeOnly }: Import) =>
      !isApi(to) || from === 'run.ts' || from === 'cli.ts' || (typeOnly && isIn('commands')(from));
    expect(offences(isOutside, isAllowed)).toEqual([]);
  });
});

describe('dead-letters', () => {
  it('know nothing of HTTP: activities are given them, too', () => {
    const isDeadLetter = isIn('dead-letters');
    const isAllowed = ({ to }: Import) =>
      isDeadLetter(to) ||
      isPure(to) ||
      isIn('temporal')(to) ||
      isIn('config')(to) ||
      ['in-time.ts', 'raw-body.ts', 'storage/errors.ts'].includes(to);
    expect(offences(isDeadLetter, isAllowed)).toEqual([]);
    const loaded = packagesLoadedBy(isDeadLetter);
    expect(loaded.filter((name) => /^(express|zod|@temporalio\/worker)$/.test(name))).toEqual([]);
  });
});

describe('signatures', () => {
  it('stand alone: they are published as a library', () => {
    const isSignature = isIn('signatures');
    expect(offences(isSignature, ({ to }) => isSignature(to))).toEqual([]);
    expect(packagesLoadedBy(isSignature)).toEqual(['node:crypto']);
  });
});

describe('the environment', () => {
  it('is read by config/settings.ts alone', () => {
    const readers = files.filter((file) =>
      /\bprocess\s*(\?\.|\.|\[)\s*['"]?env\b/.test(sources.get(file) ?? ''),
    );
    expect(readers).toEqual(['config/settings.ts']);
    const others = imports.filter(({ to }) => to === 'node:process' || to === 'process');
    expect(others.map(show)).toEqual([]);
  });
});
