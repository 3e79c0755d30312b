// Reads who imports whom from the source text of src/.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export interface Import {
  /** A file of ours, as `api/apps.ts`. */
  from: string;
  /** The same, or the name of a package or built-in. */
  to: string;
  /** `import type`: gone at run time. Inline `type` names alone leave an import of the module behind. */
  typeOnly: boolean;
}

/** The text of every file without its comments, by name. */
export const sources: ReadonlyMap<string, string> = new Map(
  globSync('**/*.ts', { cwd: SRC }).map((file) => {
    const text = readFileSync(SRC + file, 'utf8');
    return [file, text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')];
  }),
);

const STATIC = /^(?:import|export)\s+(type\s+(?!from))?(?:[\w$*{},\s]+?\s+from\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

export const imports: readonly Import[] = [...sources].flatMap(([from, text]) => {
  const toImport = (specifier: string, typeOnly: boolean): Import => {
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
    return { from, to, typeOnly };
  };
  return [
    ...Array.from(text.matchAll(STATIC), ([, type, to]) => toImport(to as string, type !== undefined)),
    ...Array.from(text.matchAll(DYNAMIC), ([, to]) => toImport(to as string, false)),
  ];
});

/** What is loaded, of ours and of others', when this file is; types are not. */
export function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  for (const { from, to, typeOnly } of imports) {
    if (from !== file || typeOnly || seen.has(to)) continue;
    seen.add(to);
    loadedBy(to, seen);
  }
  return seen;
}

/** Each circle of imports once, types included, as `a.ts -> b.ts -> a.ts`. */
export function findCircles(): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) return void circles.push([...path.slice(seenAt), file].join(' -> '));
    if (done.has(file)) return;
    for (const { from, to } of imports) if (from === file && sources.has(to)) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return circles;
}
