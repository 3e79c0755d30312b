// Finds a working `temporal` binary for the dev server, or makes one: downloaded and checked, else built with Go.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { environmentFor } from '../../config/settings.ts';

/** The last version whose module `go install` accepts: later ones carry a `replace`. */
const VERSION = '1.5.1';
const MODULE = `github.com/temporalio/cli/cmd/temporal@v${VERSION}`;
/** The SHA-256 of the archives of this version in Temporal's release on GitHub; docs/decisions/0042 has their source. */
const DIGESTS: Record<string, string> = {
  linux_amd64: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  linux_arm64: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  darwin_amd64: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  darwin_arm64: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};
/** `temporal --version` takes 0.05 s; the rest is room for a cold 250 MB file on a busy machine. */
const VERSION_TIMEOUT_MS = 20_000;
/** From name look-up to response headers, a redirect included. Offline, the build with Go should follow soon. */
const DOWNLOAD_START_TIMEOUT_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 60_000;
const PROGRESS_INTERVAL_MS = 20_000;
/** SIGINT ends Go and its compilers in 0.02 s. */
const KILL_AFTER_MS = 5_000;
/** Ten times as long as a build takes: the process that made an older folder is dead. */
const LEFTOVER_AGE_MS = 3_600_000;
const MISSING = 'does not exist';

export interface FindCliOptions {
  /** The value of TEMPORAL_CLI_PATH. */
  cliPath?: string | undefined;
  /** The value of PATH. */
  path: string;
  /** The folder that keeps the binary that was downloaded or built, as `temporal-cli-<version>/temporal`. */
  cacheDir: string;
  onProgress: (line: string) => void;
  /** Without a signal, a build stays in the terminal's process group, so that Ctrl-C ends it with us. */
  signal?: AbortSignal;
  /** A .tar.gz with `temporal` in it, and its SHA-256. Default: Temporal's own, for this platform. */
  archive?: Archive;
}

interface Archive {
  url: string;
  sha256: string;
}

/** @throws Error of one line that names the setting, or all ways to get a `temporal` binary */
export async function findTemporalCli(options: FindCliOptions): Promise<string> {
  const { cliPath, path, cacheDir, signal } = options;
  if (cliPath) return await checkGiven(cliPath, signal);
  const cached = join(resolve(cacheDir), `temporal-cli-${VERSION}`, 'temporal');
  const problems: string[] = [];
  for (const candidate of [...pathsOf('temporal', path), cached]) {
    const problem = await problemOf(candidate, signal);
    if (problem === undefined) return candidate;
    if (problem !== MISSING) problems.push(`${candidate} ${problem}`);
  }
  for (const make of [download, goInstall]) {
    try {
      return await makeInto(cached, make, options);
    } catch (error) {
      signal?.throwIfAborted();
      problems.push(reasonOf(error));
    }
  }
  throw new Error(
    'no working `temporal` binary for the dev server: ' +
      'install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH, ' +
      'or set TEMPORAL_CLI_PATH to such a binary, or set TEMPORAL_ADDRESS to a Temporal server that runs, ' +
      `or install Go (https://go.dev/dl) so that Surehook can build it (tried: ${problems.join('; ')})`,
  );
}

async function checkGiven(cliPath: string, signal?: AbortSignal): Promise<string> {
  const problem = await problemOf(resolve(cliPath), signal);
  if (problem === undefined) return resolve(cliPath);
  throw new Error(`TEMPORAL_CLI_PATH ${cliPath} ${problem}; name a working \`temporal\` binary, or unset it`);
}

/** Says why a file is not a working binary; undefined if it is a working binary. */
async function problemOf(file: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'is not executable' : MISSING;
  }
  try {
    await run(file, ['--version'], either(AbortSignal.timeout(VERSION_TIMEOUT_MS), signal));
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return `does not run (${reasonOf(error)})`;
  }
}

/** Two processes may make the binary at once, and either may be killed: only a working binary gets the final name. */
async function makeInto(cached: string, make: typeof download, options: FindCliOptions): Promise<string> {
  const prefix = `${dirname(cached)}.`;
  await mkdir(dirname(prefix), { recursive: true });
  await removeLeftovers(prefix);
  const folder = await mkdtemp(prefix);
  try {
    await make(folder, options);
    const made = join(folder, 'temporal');
    const problem = await problemOf(made, options.signal);
    if (problem !== undefined) throw new Error(`the binary made ${problem}`);
    await mkdir(dirname(cached), { recursive: true });
    await rename(made, cached);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeftovers(prefix: string): Promise<void> {
  const paths = (await readdir(dirname(prefix))).map((name) => join(dirname(prefix), name));
  for (const leftover of paths.filter((path) => path.startsWith(prefix))) {
    const { mtimeMs } = await stat(leftover).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - LEFTOVER_AGE_MS) await rm(leftover, { recursive: true, force: true });
  }
}

async function download(folder: string, options: FindCliOptions): Promise<void> {
  const { url, sha256 } = options.archive ?? releasedArchive();
  const whole = either(AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS), options.signal);
  const start = new AbortController();
  const timer = setTimeout(
    () => start.abort(new Error(`${url}: time-out`)),
    DOWNLOAD_START_TIMEOUT_MS,
  ).unref();
  const response = await fetch(url, { signal: either(start.signal, whole) });
  clearTimeout(timer);
  if (!response.ok || !response.body) throw new Error(`${url} answers ${response.status}`);
  options.onProgress(`downloading the Temporal CLI, once; it is kept in ${options.cacheDir}`);
  const archive = join(folder, 'temporal.tar.gz');
  await writeFile(archive, response.body, { signal: whole });
  const digest = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex');
  if (digest !== sha256)
    throw new Error(`${url} has other content than Temporal released: SHA-256 ${digest}`);
  await run(
    '/usr/bin/env',
    [`PATH=${options.path}`, 'tar', '-xzf', archive, '-C', folder, 'temporal'],
    whole,
  );
}

function releasedArchive(): Archive {
  const platform = `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const sha256 = DIGESTS[platform];
  if (sha256 === undefined) throw new Error(`Temporal has no archive for ${platform} whose digest is known`);
  const file = `temporal_cli_${VERSION}_${platform}.tar.gz`;
  return { url: `https://github.com/temporalio/cli/releases/download/v${VERSION}/${file}`, sha256 };
}

async function goInstall(folder: string, options: FindCliOptions): Promise<void> {
  const { path, cacheDir, onProgress, signal } = options;
  await Promise.any(pathsOf('go', path).map((file) => access(file, constants.X_OK))).catch(() => {
    throw new Error('Go is not on PATH');
  });
  const what = `building the Temporal dev server (go install ${MODULE})`;
  onProgress(`${what}: about 6 minutes, once; it is kept in ${cacheDir}`);
  const start = Date.now();
  const timer = setInterval(() => {
    onProgress(`still building the Temporal dev server: ${Math.round((Date.now() - start) / 1_000)} s`);
  }, PROGRESS_INTERVAL_MS);
  try {
    const args = [`PATH=${path}`, `GOBIN=${folder}`, 'go', 'install', MODULE];
    await run('/usr/bin/env', args, signal, 'go');
  } finally {
    clearInterval(timer);
  }
}

/** Rejects with the last line of output unless the command exits with 0; if aborted, once its whole group has ended. */
async function run(
  command: string,
  args: string[],
  signal?: AbortSignal,
  program: 'any' | 'go' = 'any',
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(command, args, {
    detached: signal !== undefined,
    env: environmentFor(program), // without our secrets
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-2_000);
    });
  }
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child, 'SIGINT');
    timer = setTimeout(signalGroup, KILL_AFTER_MS, child, 'SIGKILL');
  };
  signal?.addEventListener('abort', end, { once: true });
  try {
    const [code, killedBy] = await once(child, 'close');
    signal?.throwIfAborted();
    if (code !== 0) throw new Error(output.trim().split('\n').at(-1) || `it ended with ${killedBy ?? code}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

function pathsOf(name: string, path: string): string[] {
  return path.split(delimiter).flatMap((folder) => (isAbsolute(folder) ? [join(folder, name)] : []));
}

function either(signal: AbortSignal, other?: AbortSignal): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal;
}

/** The error of `fetch` has the reason only in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? reasonOf(cause) : message;
}
