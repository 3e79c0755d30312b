// Reads the config anew when a file that it has loaded changes, or one that its secrets come from.
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Running } from '../process/run.ts';

/** An editor writes a file in several steps. */
const SETTLE_MS = 150;

/** @param more paths of files beside those of the config */
export function reloadOnChange({ files, reload, log, stopped }: Running, more: readonly string[]): void {
  let watchers: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const close = () => {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  };
  const onChange = (file: string) => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      log.info({ file }, 'a file of the config has changed');
      await reload();
      if (!isStopped) start(); // the new config may have loaded other files
    }, SETTLE_MS);
  };
  const start = () => {
    close();
    const byFolder = Map.groupBy([...files(), ...more.map((file) => resolve(file))], dirname);
    for (const [folder, paths] of byFolder) watchers.push(watchFolder(folder, paths, onChange));
  };
  start();
  void stopped.then(() => {
    isStopped = true;
    clearTimeout(timer);
    close();
  });
}

/** Folders are watched, not files: many editors put a new file in the place of the old one. */
function watchFolder(folder: string, paths: readonly string[], onChange: (file: string) => void): FSWatcher {
  const names = new Map(paths.map((path) => [basename(path), path]));
  const watcher = watch(folder, { persistent: false }, (_event, name) => {
    const path = name === null ? undefined : names.get(name);
    if (path !== undefined) onChange(path);
  });
  watcher.on('error', () => watcher.close()); // the folder is gone
  return watcher;
}
