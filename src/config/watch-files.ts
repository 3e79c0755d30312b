// Tells when files may have changed, however they are replaced: written to, renamed over, or behind a symbolic link.
import { type FSWatcher, realpathSync, watch } from 'node:fs';
import { dirname } from 'node:path';

/** Whoever replaces files does it in several steps. */
const SETTLE_MS = 150;
/** Not every file system tells of changes, such as those of a network. */
const LOOK_EVERY_MS = 60_000;

/**
 * Calls `look` once after a burst of changes in the folders of the files, and each minute: it compares.
 *
 * @returns a function that ends the watch
 */
export function watchFiles(paths: readonly string[], look: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onChange = () => {
    clearTimeout(timer);
    timer = setTimeout(look, SETTLE_MS).unref();
  };
  const watchers = foldersOf(paths).flatMap((folder) => watchFolder(folder, onChange));
  const regular = setInterval(look, LOOK_EVERY_MS).unref();
  return () => {
    clearTimeout(timer);
    clearInterval(regular);
    for (const watcher of watchers) watcher.close();
  };
}

/** Folders are watched, not files: a new file may take the place of the old one, and a link may point elsewhere. */
function foldersOf(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => [dirname(path), dirname(realpathSync(path))]))];
}

function watchFolder(folder: string, onChange: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on('error', () => watcher.close()); // the folder is gone; the minute's look goes on
    return [watcher];
  } catch {
    return []; // there are no more watches to be had
  }
}
