// Tests where the `temporal` binary comes from, with real processes: small shell scripts play `temporal` and `go`.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FindCliOptions, findTemporalCli } from '../../src/temporal/dev/find-cli.ts';

const WORKS = '[ "$1" = --version ]';
const POLL = { timeout: 20_000 };
const MODULE = new URL('../../src/temporal/dev/find-cli.ts', import.meta.url).href;
/** Nothing listens on this port, so the download fails at once. */
const NOWHERE = { url: 'http://127.0.0.1:1/', sha256: '' };

let root: string;
let bin: string;
let cacheDir: string;
let cached: string;
let lines: string[];
let cleanUps: (() => unknown)[];

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'surehook-find-cli-'));
  bin = join(root, 'bin');
  cacheDir = join(root, 'cache');
  cached = join(cacheDir, 'temporal-cli-1.5.1', 'temporal');
  lines = [];
  cleanUps = [];
  fs.mkdirSync(bin);
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  for (const cleanUp of cleanUps) await cleanUp();
  fs.rmSync(root, { recursive: true, force: true });
});

test('TEMPORAL_CLI_PATH comes before everything else', async () => {
  script(join(bin, 'temporal'), WORKS);
  const cliPath = script(join(root, 'mine'), WORKS);
  expect(await find({ cliPath })).toBe(cliPath);
});

test.each([
  ['is missing', 'does not exist', () => undefined],
  ['is not executable', 'is not executable', (file: string) => fs.writeFileSync(file, '')],
  ['fails', 'does not run (no luck)', (file: string) => script(file, 'echo no luck >&2; exit 1')],
])('a TEMPORAL_CLI_PATH that %s is an error that names the setting', async (_, problem, make) => {
  script(join(bin, 'temporal'), WORKS);
  const cliPath = join(root, 'mine');
  make(cliPath);
  await expect(find({ cliPath })).rejects.toThrow(`TEMPORAL_CLI_PATH ${cliPath} ${problem}; name a working`);
});

test('a working `temporal` on PATH comes before the cache, a broken `temporal` does not', async () => {
  fs.mkdirSync(dirname(cached), { recursive: true });
  script(cached, WORKS);
  const broken = join(root, 'broken');
  fs.mkdirSync(broken);
  script(join(broken, 'temporal'), 'exit 1');
  const onPath = script(join(bin, 'temporal'), WORKS);
  expect(await find({ path: `relative::${broken}:${bin}` })).toBe(onPath);
  expect(await find({ path: broken })).toBe(cached);
  expect(lines).toEqual([]);
});

test.each([
  [true, 'is unpacked into the cache, once'],
  [false, 'is not unpacked unless it has the digest that is known'],
])('an archive that is downloaded (good: %s) %s', async (isGood) => {
  for (const tool of ['tar', 'gzip']) {
    const file = execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
    fs.symlinkSync(file, join(bin, tool));
  }
  const archive = join(root, 'archive.tar.gz');
  script(join(root, 'temporal'), WORKS);
  execFileSync('tar', ['-czf', archive, '-C', root, 'temporal']);
  let requests = 0;
  const url = await serve((_, response) => {
    requests += 1;
    response.end(fs.readFileSync(archive));
  });
  const released = fs.readFileSync(archive);
  if (!isGood) fs.appendFileSync(archive, 'x');
  const sha256 = createHash('sha256').update(released).digest('hex');
  if (!isGood) {
    await expect(find({ archive: { url, sha256 } })).rejects.toThrow(
      'has other content than Temporal released',
    );
    expect(fs.readdirSync(cacheDir)).toEqual([]);
    return;
  }
  expect(await find({ archive: { url, sha256 } })).toBe(cached);
  expect(await find({ archive: { url, sha256 } })).toBe(cached);
  expect(requests).toBe(1);
  expect(lines).toEqual([`downloading the Temporal CLI, once; it is kept in ${cacheDir}`]);
  expect(fs.readdirSync(cacheDir)).toEqual(['temporal-cli-1.5.1']);
});

test.each<[string, (response: ServerResponse) => unknown]>([
  ['is refused', (response) => response.writeHead(500).end()],
  ['is no archive', (response) => response.end('<html>log in to the wifi</html>')],
  ['does not start', () => undefined],
])('if the download %s, Go builds the CLI', async (_, answer) => {
  goThat(`echo "$@" > '${root}/arguments'`, copyWorking());
  const url = await serve((_, response) => void answer(response));
  expect(await find({ archive: { url, sha256: '' } })).toBe(cached);
  const asked = fs.readFileSync(join(root, 'arguments'), 'utf8').trim();
  expect(asked).toBe('install github.com/temporalio/cli/cmd/temporal@v1.5.1');
  expect(fs.readdirSync(cacheDir)).toEqual(['temporal-cli-1.5.1']);
});

test('a build reports at once that it takes minutes, and every 20 s that it goes on', async () => {
  goThat(`while [ ! -e '${root}/go-on' ]; do /bin/sleep 0.02; done`, copyWorking());
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  const found = find();
  await vi.waitUntil(() => lines.length > 0, POLL);
  vi.advanceTimersByTime(40_000);
  fs.writeFileSync(join(root, 'go-on'), '');
  await found;
  expect(lines).toEqual([
    `building the Temporal dev server (go install github.com/temporalio/cli/cmd/temporal@v1.5.1): about 6 minutes, once; it is kept in ${cacheDir}`,
    'still building the Temporal dev server: 20 s',
    'still building the Temporal dev server: 40 s',
  ]);
});

test('two builds at the same time both give the binary', async () => {
  goThat(copyWorking());
  expect(await Promise.all([find(), find()])).toEqual([cached, cached]);
  expect(fs.readdirSync(cacheDir)).toEqual(['temporal-cli-1.5.1']);
});

test('neither Go nor the binary sees the environment of Surehook, which has its secrets', async () => {
  vi.stubEnv('PARTNER_SECRET', 'must stay here');
  vi.stubEnv('GOPROXY', 'off');
  goThat(
    `/usr/bin/env > '${root}/go-env'`,
    `echo '#!/bin/sh\n/usr/bin/env > ${root}/cli-env' > "$GOBIN/temporal"`,
    '/bin/chmod +x "$GOBIN/temporal"',
  );
  await find();
  const [go, cli] = ['go-env', 'cli-env'].map((file) => fs.readFileSync(join(root, file), 'utf8'));
  expect(go).toContain('GOPROXY=off');
  expect(`${go}${cli}`).not.toContain('PARTNER_SECRET');
});

test('a failed build leaves nothing behind, and its error names every alternative', async () => {
  goThat(`echo half > "$GOBIN/temporal"; echo 'no space left on device' >&2; exit 1`);
  script(join(bin, 'temporal'), 'exit 1');
  const { message } = (await find().catch((error: Error) => error)) as Error;
  for (const way of ['install the Temporal CLI', 'TEMPORAL_CLI_PATH', 'TEMPORAL_ADDRESS', 'install Go']) {
    expect(message).toContain(way);
  }
  expect(message).toContain(`${bin}/temporal does not run (it ended with 1)`);
  expect(message).toContain('no space left on device');
  expect(message).not.toContain('\n');
  expect(fs.readdirSync(cacheDir)).toEqual([]);
});

test('a built binary that does not work is not kept, and an error says if Go is missing', async () => {
  goThat(`echo half > "$GOBIN/temporal"; /bin/chmod +x "$GOBIN/temporal"`);
  await expect(find()).rejects.toThrow('the binary made does not run');
  expect(fs.readdirSync(cacheDir)).toEqual([]);
  fs.rmSync(join(bin, 'go'));
  await expect(find()).rejects.toThrow('Go is not on PATH');
});

test('an aborted build ends with all its processes and leaves nothing behind', async () => {
  goThat(copyWorking(), `echo $$ > '${root}/pid'; /bin/sleep 1000; exit 1`);
  const abort = new AbortController();
  const found = find({ signal: abort.signal });
  await expect.poll(() => fs.readdirSync(root), POLL).toContain('pid');
  const reason = new Error('Ctrl-C');
  abort.abort(reason);
  await expect(found).rejects.toBe(reason);
  const group = Number(fs.readFileSync(join(root, 'pid'), 'utf8'));
  expect(() => process.kill(-group, 0)).toThrow('ESRCH');
  expect(fs.readdirSync(cacheDir)).toEqual([]);
});

test('a Surehook that is killed during a build leaves no half binary for the next Surehook', async () => {
  goThat(
    `echo half > "$GOBIN/temporal"; /bin/chmod +x "$GOBIN/temporal"; echo > '${root}/half'; /bin/sleep 1000`,
  );
  const code = `(await import(process.argv[1])).findTemporalCli({ ...JSON.parse(process.argv[2]), onProgress() {} })`;
  const argument = JSON.stringify({ path: bin, cacheDir, archive: NOWHERE });
  const args = ['--input-type=module', '-e', code, MODULE, argument];
  const killed = spawn(process.execPath, args, { detached: true });
  await expect.poll(() => fs.readdirSync(root), POLL).toContain('half');
  process.kill(-(killed.pid as number), 'SIGKILL');
  await once(killed, 'exit');
  const [left = ''] = fs.readdirSync(cacheDir);
  goThat(copyWorking());
  expect(await find()).toBe(cached);

  expect(fs.readdirSync(cacheDir).sort()).toEqual(['temporal-cli-1.5.1', left]);
  fs.utimesSync(join(cacheDir, left), 0, 0);
  fs.rmSync(cached);
  await find();
  expect(fs.readdirSync(cacheDir)).toEqual(['temporal-cli-1.5.1']);
});

function find(changes: Partial<FindCliOptions> = {}): Promise<string> {
  const onProgress = (line: string) => lines.push(line);
  return findTemporalCli({ path: bin, cacheDir, archive: NOWHERE, onProgress, ...changes });
}

function script(file: string, ...commands: string[]): string {
  fs.writeFileSync(file, ['#!/bin/sh', ...commands, ''].join('\n'), { mode: 0o755 });
  return file;
}

const goThat = (...commands: string[]) => script(join(bin, 'go'), ...commands);
const copyWorking = () => `/bin/cp '${script(join(root, 'working'), WORKS)}' "$GOBIN/temporal"`;

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  cleanUps.push(() => server.close().closeAllConnections());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
