// Tests the import rule of CONTRIBUTING.md on the source files, and on the bundle that workers load.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { describe, expect, it } from 'vitest';
import { findCircles, type Import, imports, loadedBy, sources } from '../support/imports.ts';

/**
 * Every room of `src/`, the lowest floor first: a file imports from its own room and from rooms that are listed
 * before it.
 */
const ROOMS = [
  'payloads',
  'contracts',
  'bodies',
  'signatures',
  'samples',
  'config',
  'observability',
  'activities/attempts',
  'activities/http',
  'user-code',
  'storage',
  'temporal/dev',
  'temporal',
  'events',
  'dead-letters',
  'tasks',
  'activities/delivery',
  'activities/alerts',
  'activities/tasks',
  'activities',
  'workflows',
  'api/http',
  'api/ingress',
  'api/agent',
  'api/operator',
  'process',
  'commands',
];
/** The only files outside of a room. They are the top floor: no file of src/ imports them. */
const LOOSE = ['cli.ts', 'index.ts'];

const files = [...sources.keys()];
const isOurs = (name: string) => sources.has(name);
const isIn = (folder: string) => (name: string) => name.startsWith(`${folder}/`);
const isIsolated = (name: string) => isIn('contracts')(name) || isIn('payloads')(name);
const show = ({ from, to, typeOnly }: Import) => `${from} imports ${typeOnly ? 'types of ' : ''}${to}`;

function roomOf(file: string): string {
  const folder = file.slice(0, file.lastIndexOf('/'));
  return ROOMS.includes(folder) ? folder : folder.slice(0, folder.lastIndexOf('/'));
}

function floorOf(file: string): number {
  return LOOSE.includes(file) ? ROOMS.length : ROOMS.indexOf(roomOf(file));
}

/** Imports of files of src/ that a rule does not allow. */
function offences(isFrom: (file: string) => boolean, isAllowed: (found: Import) => boolean): string[] {
  return imports.filter((found) => isFrom(found.from) && isOurs(found.to) && !isAllowed(found)).map(show);
}

/** Packages and built-ins that are loaded with any of these files. */
function packagesLoadedBy(from: (file: string) => boolean): string[] {
  const loaded = new Set(files.filter(from).flatMap((file) => [...loadedBy(file)]));
  return [...loaded].filter((name) => !isOurs(name)).sort();
}

describe('the scan of the imports', () => {
  it('finds every import statement', () => {
    for (const [file, text] of sources) {
      const written = text.match(/^import\b|^\} from\b|^export\b.* from\b|\bimport\(\s*['"]/gm) ?? [];
      const multiLine = text.match(/^import (type )?\{$/gm) ?? [];
      const found = imports.filter(({ from }) => from === file);
      expect(found.length, file).toBe(written.length - multiLine.length);
    }
    expect(imports.length).toBeGreaterThan(100);
  });

  it('finds the file of each relative path', () => {
    const unknown = imports.filter(({ to }) => to.endsWith('.ts') && !isOurs(to));
    expect(unknown.map(show)).toEqual([]);
  });
});

describe('the house', () => {
  it('has no file outside of a room except the command and the exports of the package', () => {
    expect(files.filter((file) => floorOf(file) === -1)).toEqual([]);
    expect(ROOMS.filter((room) => !files.some((file) => roomOf(file) === room))).toEqual([]);
  });

  it('has no import that leads upwards, not even of a type', () => {
    const isDown = ({ from, to }: Import) => roomOf(from) === roomOf(to) || floorOf(to) < floorOf(from);
    const isMutual = ({ from, to, typeOnly }: Import) => typeOnly && isIsolated(from) && isIsolated(to);
    expect(offences(isOurs, (found) => isDown(found) || isMutual(found))).toEqual([]);
  });

  it('has no circle of imports, not even of types', () => {
    expect(findCircles()).toEqual([]);
  });

  it('exports no two things under one name', () => {
    const exported = /^export (?:async )?(?:const|function\*?|class|interface|type|let) (\w+)/gm;
    const names = [...sources].flatMap(([file, text]) =>
      Array.from(text.matchAll(exported), ([, name]) => ({ name, file })),
    );
    const twice = names.filter(({ name }, i) => names.findIndex((other) => other.name === name) !== i);
    expect(twice.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
  });
});

describe('contracts and payloads', () => {
  it("import no other files of src/ than each other's types", () => {
    const isOwn = ({ from, to }: Import) => roomOf(from) === roomOf(to);
    const isType = ({ to, typeOnly }: Import) => isIsolated(to) && typeOnly;
    expect(offences(isIsolated, (found) => isOwn(found) || isType(found))).toEqual([]);
  });
});

describe('workflows', () => {
  const isWorkflow = isIn('workflows');

  it('import contracts, and types of activities and payloads', () => {
    const isAllowed = ({ to, typeOnly }: Import) =>
      isWorkflow(to) ||
      isIn('contracts')(to) ||
      to === 'payloads/raw-body.ts' || // a task's workflow makes the bodies of its callbacks
      (typeOnly && (to === 'activities/index.ts' || isIn('payloads')(to)));
    expect(offences(isWorkflow, isAllowed)).toEqual([]);
  });

  it("load only Temporal's packages, and so no zod and no built-in of Node", () => {
    expect(packagesLoadedBy(isWorkflow)).toEqual([
      '@temporalio/common',
      '@temporalio/common/lib/encoding.js',
      '@temporalio/workflow',
      '@temporalio/workflow/lib/global-attributes.js', // the random seed, which changes at a reset
    ]);
  });

  it('name each patch by a constant of patches.ts, which has its date', () => {
    const withLiteral = /\b(patched|deprecatePatch)\s*\(\s*['"`]/;
    expect("if (patched('an-id'))").toMatch(withLiteral);
    const offenders = files.filter(
      (file) =>
        isWorkflow(file) && file !== 'workflows/patches.ts' && withLiteral.test(sources.get(file) ?? ''),
    );
    expect(offenders).toEqual([]);
  });

  it("have a payload converter that loads only Temporal's packages, too", () => {
    const loaded = packagesLoadedBy((file) => file === 'payloads/raw-body.ts');
    expect(loaded).toEqual(['@temporalio/common', '@temporalio/common/lib/encoding.js']);
  });

  it('are bundled without zod and without built-ins of Node', () => {
    const bundle = readFileSync(new URL('../../dist/workflow-bundle.js', import.meta.url), 'utf8');
    const modules = Array.from(bundle.matchAll(/^\/\*{3}\/ "([^"]+)"/gm), ([, id]) => id as string);
    expect(modules).toContain('./dist/workflows/process-event.js');
    const packages = modules.map((id) => /node_modules\/((@[^/]+\/)?[^/]+)/.exec(id)?.[1]);
    expect(packages).toContain('@temporalio/workflow');
    expect(packages).not.toContain('zod');
    const ours = modules.filter((id) => id.startsWith('./dist/')).map((id) => id.slice('./dist/'.length));
    const bundled = /^(workflows\/|contracts\/|payloads\/(raw-body|failure-converter)\.js$)/;
    expect(ours.filter((id) => !bundled.test(id))).toEqual([]);
    const builtIns = modules.filter((id) => id.startsWith('node:') || builtinModules.includes(id));
    expect(builtIns).toEqual([]);
    expect(bundle).not.toMatch(/\brequire\(/);
    expect(bundle).not.toMatch(/["']node:/);
  });
});

describe('activities', () => {
  // The task types of the package run in the process of the user's code, and in children of it.
  const isTaskType = isIn('activities/tasks/analyze-document');
  const isActivity = (file: string) => isIn('activities')(file) && !isTaskType(file);
  /** Of ours, and of packages. */
  const LOAD_NOTHING = ['config/config.ts', 'config/secret.ts', 'temporal/in-time.ts'];

  it('import contracts, signatures, and types of what they are given', () => {
    const isGiven = (to: string) =>
      ['config', 'temporal', 'payloads', 'observability', 'user-code'].some((room) => isIn(room)(to));
    const isAllowed = ({ to, typeOnly }: Import) =>
      isActivity(to) ||
      isIn('contracts')(to) ||
      isIn('signatures')(to) ||
      LOAD_NOTHING.includes(to) || // see the next test
      (typeOnly && isGiven(to));
    expect(offences(isActivity, isAllowed)).toEqual([]);
  });

  it('load no config machinery, no client and no HTTP server', () => {
    const loaded = packagesLoadedBy(isActivity).filter((name) => !name.startsWith('node:'));
    expect(loaded).toEqual([
      '@temporalio/activity',
      '@temporalio/common',
      'ipaddr.js', // vets the addresses of clients' URLs
      'nodemailer',
      'undici',
    ]);
    expect(new Set(LOAD_NOTHING.flatMap((file) => [...loadedBy(file)]))).toEqual(new Set(['node:util']));
  });

  it('of a task type import contracts, what a task type of a user does, types of the config, and the guard of processes', () => {
    const isAllowed = ({ to, typeOnly }: Import) =>
      isTaskType(to) ||
      isIn('contracts')(to) ||
      (typeOnly && isIn('config')(to)) ||
      ['config/define-task.ts', 'user-code/guard.ts'].includes(to);
    expect(offences(isTaskType, isAllowed)).toEqual([]);
  });

  it('of a task type load no package but zod before the task runs, since every config file loads them', () => {
    const lazy = new Set(['activities/tasks/analyze-document/run-analysis.ts']);
    const loaded = loadedBy('activities/tasks/analyze-document/analyze-document.ts', lazy);
    expect([...loaded].filter((name) => !isOurs(name))).toEqual(['zod']);
    const text = sources.get('activities/tasks/analyze-document/analyze-document.ts');
    expect(text).toContain("await import('./run-analysis.ts')");
    expect(text).not.toMatch(/^import .*run-analysis/m);
  });
});

describe('api', () => {
  const isApi = isIn('api');

  it('imports nothing of the activities, the workflows and the dev server', () => {
    const isForbidden = (to: string) =>
      ['activities', 'workflows', 'temporal/dev'].some((room) => isIn(room)(to)) &&
      to !== 'temporal/dev/ports-and-processes.ts';
    expect(offences(isApi, ({ to }) => !isForbidden(to))).toEqual([]);
    const loaded = files.filter(isApi).flatMap((file) => [...loadedBy(file)]);
    expect(loaded.filter(isForbidden)).toEqual([]);
  });

  it('is imported only where a process is composed, and by commands for its types', () => {
    const isAllowed = ({ from, to, typeOnly }: Import) =>
      !isApi(to) || isIn('process')(from) || (typeOnly && isIn('commands')(from));
    expect(offences((file) => !isApi(file), isAllowed)).toEqual([]);
  });
});

describe('events and dead letters', () => {
  it('load nothing for HTTP, since activities get them, too', () => {
    const loaded = packagesLoadedBy((file) => isIn('events')(file) || isIn('dead-letters')(file));
    expect(loaded.filter((name) => /^(express|zod|@temporalio\/worker)$/.test(name))).toEqual([]);
  });
});

describe('signatures', () => {
  it('import nothing else of src/, since they are published as a library', () => {
    const isSignature = isIn('signatures');
    expect(offences(isSignature, ({ to }) => isSignature(to))).toEqual([]);
    expect(packagesLoadedBy(isSignature)).toEqual(['node:crypto', 'node:zlib']);
  });
});

describe('the environment', () => {
  it('is read by config/settings.ts only, and by the task type that asks a model', () => {
    const readers = files.filter((file) =>
      /\bprocess\s*(\?\.|\.|\[)\s*['"]?env\b/.test(sources.get(file) ?? ''),
    );
    expect(readers.sort()).toEqual([
      'activities/tasks/analyze-document/model-environment.ts',
      'config/settings.ts',
    ]);
    const others = imports.filter(({ to }) => to === 'node:process' || to === 'process');
    expect(others.map(show)).toEqual([]);
  });
});
