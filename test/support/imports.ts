// Reads from the source text of src/ which file imports which.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

export interface Import {
  /** A file of src/, such as `api/operator/app.ts`. */
  from: string;
  /** A file of src/, or the name of a package or built-in. */
  to: string;
  /** Whether this is an `import type`, which is gone at run time; an import of only inline `type` names is not. */
  typeOnly: boolean;
}

/** The text of every file without comments, by file name. */
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

/** Every file, package and built-in that is loaded when this file is; imports of types load nothing. */
export function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  for (const { from, to, typeOnly } of imports) {
    if (from !== file || typeOnly || seen.has(to)) continue;
    seen.add(to);
    loadedBy(to, seen);
  }
  return seen;
}

/** Every circle of imports, types included, as `a.ts -> b.ts -> a.ts`. */
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
